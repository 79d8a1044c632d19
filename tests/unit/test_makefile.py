"""The virtual environment that `make` makes first, or makes again."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.absent import absent
from tests.support.programs import ROOT


def test_a_virtual_environment_that_was_left_unfinished_is_made_anew(tmp_path: Path) -> None:
    if not shutil.which("make"):
        absent("make is missing")
    shutil.copy(ROOT / "Makefile", tmp_path)
    lock = tmp_path / "requirements.lock"
    lock.touch()
    # Python as on Debian without python3-venv, and with it, but for installing pip, which takes seconds.
    venv = f'"{sys.executable}" "$@" --without-pip'
    without, python = tmp_path / "without", tmp_path / "python"
    without.write_text(f'#!/bin/sh\n{venv} && [ "$1" = -c ]\n')
    python.write_text(f'#!/bin/sh\n{venv} && {{ [ "$1" = -c ] || touch .venv/bin/pip; }}\n')
    for program in (without, python):
        program.chmod(0o755)

    def make(python: Path, install: str) -> int:
        command = ["make", ".venv/.run", f"PYTHON={python}", "PIP=true", f"INSTALL_SELF={install}"]
        environment = {"PATH": os.environ["PATH"]}  # without what a make above leaves to those below
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode

    left = tmp_path / ".venv" / "left"
    assert make(without, "true") == 2
    left.touch()
    assert make(python, "kill -KILL $$PPID") == -signal.SIGKILL
    assert not left.exists()
    left.touch()
    assert make(python, "true") == 0
    assert not left.exists()
    left.touch()
    lock.write_text("# newer\n")
    assert make(without, "true") == 0
    assert left.exists(), "it is kept, once it is whole"
