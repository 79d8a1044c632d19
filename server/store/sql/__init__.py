"""The statements, one a file, read once."""

import re
from functools import cache
from importlib.resources import files

INCLUDE = re.compile(r"^\\ir (\w+)\.sql$", re.MULTILINE)
"""A line in whose place another file is read, as psql has it."""


@cache
def statement(name: str) -> str:
    """The SQL in `name`.sql beside this file."""
    text = files(__package__).joinpath(f"{name}.sql").read_text("utf-8")
    return INCLUDE.sub(lambda line: statement(line[1]), text)
