"""`python -m tests.matching`: the long form. Each run has two servers, one of which is killed."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from server.host import embedded
from tests.matching.press import press
from tests.support.cluster import Cluster


async def main(urls: tuple[str, str], people: int, runs: int) -> list[list[str]]:
    """What went wrong in each run."""
    cluster = Cluster(*urls)
    await cluster.make_template()
    found = []
    for seed in range(runs):
        async with cluster.database() as name:
            wrong = await press(cluster.url_of(name), cluster.redis_url, people, seed)
        print(f"run {seed}: {people} people, " + ("; ".join(wrong) or f"{people // 2} games"), flush=True)
        found.append(wrong)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), None, None) as urls:
        found = asyncio.run(main(urls, wanted.people, wanted.runs))
    if wanted.json:
        wanted.json.write_text(json.dumps({"people": wanted.people, "wrong": found}))
    sys.exit(any(found))
