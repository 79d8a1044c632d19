"""Programs of the test suite, run as processes of their own: other tests share nothing with their
measurements."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


async def figures_of(module: str, *options: str, json_file: Path, timeout: float) -> dict[str, Any]:
    """Run `python -m module options --json json_file` and return the figures that it writes. It has
    `timeout` seconds, and must exit with 0 and log no traceback."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *options, "--json", str(json_file),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(timeout):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, output.decode()
    assert b"Traceback" not in output, output.decode()
    return dict(json.loads(json_file.read_text()))  # noqa: ASYNC240 - a small file of our own
