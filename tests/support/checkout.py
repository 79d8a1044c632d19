"""A copy of the project as a first `make run` leaves it, quickly: wheels are linked instead of fetched."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tests.support.programs import ROOT

_NAME = re.compile(r"^[\w.-]+(?===)", re.MULTILINE)
"""A package in a lock file."""


def check_out(folder: Path) -> None:
    """Copy the working tree to `folder`, as a clone of it would be: without what it does not keep."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.egg-info"))


def install(folder: Path, python: Path) -> None:
    """Have in .venv what `make run` installs: what requirements.lock names, and nothing else."""
    venv = folder / ".venv"
    subprocess.run([python, "-m", "venv", "--without-pip", venv], check=True)
    for name in ["pip", *_NAME.findall((folder / "requirements.lock").read_text())]:
        with contextlib.suppress(metadata.PackageNotFoundError):  # it is of another system
            for file in metadata.distribution(name).files or ():
                within = Path(os.path.normpath(file.locate())).relative_to(sys.prefix)
                _link(Path(sys.prefix, within), venv / within)
    (venv / ".made").touch()
    (venv / ".run").touch()


def open_python(folder: Path) -> tuple[Path, dict[str, str]]:
    """This Python and the environment it needs; where it is closed to others, its like in `folder`."""
    base, executable = Path(sys.base_prefix), Path(sys._base_executable)  # type: ignore[attr-defined]
    if all(path.stat().st_mode & 0o001 for path in (base, *base.parents)):
        return executable, {}
    library = f"lib/python{sys.version_info.major}.{sys.version_info.minor}"
    ignored = shutil.ignore_patterns("__pycache__", "site-packages", "test")
    shutil.copytree(base / library, folder / library, ignore=ignored, copy_function=_link)
    for part in (*base.glob("lib/libpython*"), executable.resolve()):
        _link(part, folder / part.relative_to(base))
    return folder / executable.resolve().relative_to(base), {"LD_LIBRARY_PATH": str(folder / "lib")}


def _link(source: str | Path, target: str | Path) -> None:
    """Link `source` as `target`, or where that cannot be, copy it."""
    if not os.path.exists(source):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
