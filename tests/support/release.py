"""The release before this one, as its commit has it: what the next release must be able to run beside."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMMIT = "1d3f368af95cc19717ea0097823518064b03b335"
"""Release 0.2.0. Goes to the commit of each release when the work on the next one begins."""


def unpack(folder: Path) -> Path:
    """Put the release's files into `folder`. Skips where git or the history is missing; fails in CI."""
    archive = subprocess.run(
        ["git", "archive", COMMIT, "server", "static"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        reason = f"needs git and the history back to {COMMIT[:7]}: {archive.stderr.decode().strip()}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder
