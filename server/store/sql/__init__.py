"""The statements, one a file, read once."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The SQL in `name`.sql beside this file."""
    return files(__package__).joinpath(f"{name}.sql").read_text("utf-8")
