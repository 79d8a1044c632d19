"""The rules of the rooms that import-linter has no contract for."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import server.game

PURE = {"collections.abc", "contextlib", "dataclasses", "datetime", "enum", "functools", "typing", "uuid"}
"""Modules of the standard library that do no I/O, read no clock and draw no random numbers. `uuid` and
`datetime` are there for their types."""


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            yield node.module


def test_a_server_that_draws_no_picture_does_without_what_draws_them() -> None:
    program = "import sys, server.app; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_game_is_pure() -> None:
    [folder] = server.game.__path__
    names = {name for module in Path(folder).glob("*.py") for name in imported(module)}
    assert {name for name in names if not name.startswith("server.game")} <= PURE
    for module in Path(folder).glob("*.py"):
        text = module.read_text()
        assert "uuid4" not in text, "random numbers are the caller's"
        assert "now(" not in text, "the time is the caller's"
