"""The tables of keys and of forgotten players, in memory."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.store.names import SealedNames


class MemoryPlayers:
    """A database with the statements that open names and forget players. Counts how often it was asked."""

    def __init__(self, time: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._time = time
        self.keys: dict[UUID, bytes] = {}
        self.forgotten: dict[UUID, datetime] = {}
        self.asked = 0

    async def fetch(self, name: str, *args: Any) -> list[dict[str, Any]]:
        """The rows of the statement `name`."""
        self.asked += 1
        return self.rows(name, *args)

    def rows(self, name: str, *args: Any) -> list[dict[str, Any]]:
        """The same, at once."""
        now = self._time()
        [arg] = args
        match name:
            case "names/keys":
                return [
                    {"player_id": id, "key": self.keys.get(id), "forgotten": id in self.forgotten}
                    for id in arg
                ]
            case "names/forgotten_since":
                gone: list[UUID | None] = [id for id, at in self.forgotten.items() if arg and at >= arg]
                return [{"now": now, "player_id": id} for id in gone or [None]]
            case "players/forget":
                there = self.keys.pop(arg, None)
                if there:
                    self.forgotten[arg] = now
                return [{"player_id": arg}] if there else []
            case _:
                raise ValueError(name)


def no_names() -> SealedNames:
    """Names of a database in which nobody has a key: they are shown as they are stored."""
    return SealedNames(MemoryPlayers())
