"""Ids and versions as they stand in paths and queries."""

import re

from server.game.events import GameId
from server.store.ids import parse

_VERSION = re.compile(r"[0-9]{1,9}")
"""A version in a query. Nine digits always fit into Postgres' integer."""


def parse_game_id(text: str) -> GameId | None:
    """The game that a path names, or None where `text` is no UUID."""
    try:
        return GameId(parse(text))
    except ValueError:
        return None


def parse_version(text: str) -> int | None:
    """The version that a query names, 0 or more, or None where `text` is no version."""
    return int(text) if _VERSION.fullmatch(text) else None
