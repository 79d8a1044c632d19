"""The short form of the benchmark: no goal is missed by half, and a move costs no more than it did."""

import asyncio
import json
import sys
from pathlib import Path

from tests.bench.stage import ROOT

TIMEOUT = 110
"""How long it may take, in seconds. It takes about 40; this is for a machine that is busy otherwise."""


async def test_nothing_is_slower_than_noise_can_make_it(tmp_path: Path) -> None:
    """In a process of its own: asyncio's debug mode would slow down what is measured."""
    figures = tmp_path / "bench.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench", "--short", "--json", str(figures),
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
    assert json.loads(figures.read_text())["ratios"]
