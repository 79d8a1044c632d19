"""`python -m tests.ratings`: replays a made-up log of 100,000 rated games, and compares every digit with what
other machines and other versions of Python came to."""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

from tests.ratings.replay import digest, log, replay

GAMES = 100_000
DIGEST = "7f8bc655f78ff2a593596aa2019ddf6f36791f0ceb67402f8d796d4b3cefe1e2"
"""The digest of the rows after GAMES."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.ratings", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    begun = time.monotonic()
    rows = replay(log(GAMES))
    found, seconds = digest(rows), time.monotonic() - begun
    figures = {
        "games": GAMES,
        "rows": len(rows),
        "seconds": seconds,
        "digest": found,
        "same": found == DIGEST,
    }
    print(f"{GAMES:,} games in {seconds:.0f} s with Python {platform.python_version()}: {found}")
    if options.json:
        options.json.write_text(json.dumps(figures))
    if found != DIGEST:
        sys.exit(f"The digest is not {DIGEST}.")


if __name__ == "__main__":
    main()
