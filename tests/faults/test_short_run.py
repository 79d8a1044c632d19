"""A short run of everything: each kind of fault once, on real servers, and the checker finds nothing."""

import asyncio
import json
import sys
from pathlib import Path

from tests.faults.kinds import KINDS
from tests.faults.servers import ROOT

SEED = 1
TIMEOUT = 110
"""How long it may take, in seconds. It takes about 20; this is for a machine that is busy otherwise."""


async def test_nothing_is_lost_duplicated_or_divergent_whatever_breaks(tmp_path: Path) -> None:
    """In a process of its own: asyncio's debug mode would slow down what the faults are to happen to."""
    figures_file = tmp_path / "figures.json"
    options = ["--games", "4", "--spectators", "2", "--minutes", "0", "--hold", "0.6", "--seed", str(SEED)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults", *options, "--json", str(figures_file),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TIMEOUT):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, output.decode()
    assert b"Traceback" not in output, output.decode()
    figures = json.loads(figures_file.read_text())
    assert set(figures["healing"]) == set(KINDS) - set(figures["left_out"])
    assert set(figures["violations"].values()) == {0}
    assert figures["accepted"] > 100
    assert figures["felt"]["sockets lost"] > 0
    assert figures["felt"]["sockets told to come back"] > 0
    assert figures["felt"]["commands sent again"] > 0
    assert figures["reconnects"]["number"] > 0, "the rolling restart let somebody go"
