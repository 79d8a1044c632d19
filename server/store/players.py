"""Players of more than one game: known by secrets, of which only hashes are kept, outside of the log."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from server.game.events import PlayerId
from server.store import startup
from server.store.credentials import Statements, hash_of, new_token
from server.store.names import new_key
from server.store.sql import statement

HANDOVER_LIFETIME = timedelta(minutes=10)
"""Time for which a code makes another device that of a player."""
CODE_BYTES = 16
"""Length of such a code, in random bytes: at 128 bits nobody guesses one in its ten minutes."""


class Player(NamedTuple):
    """A player, as others may know."""

    id: PlayerId
    name: str
    """The name for games to come."""
    joined: datetime


class Account(NamedTuple):
    """A player who has shown a secret."""

    player: Player
    key: bytes
    """Seals the player's names."""


class Welcome(NamedTuple):
    """A player on a new device, with the secret that the device is to keep."""

    id: PlayerId
    name: str
    secret: str


class Handover(NamedTuple):
    """A code for another device, and the time until which it is valid."""

    code: str
    expires_at: datetime


class Players:
    """The tables of players. Every method raises StoreUnavailable."""

    def __init__(self, database: Statements) -> None:
        self._database = database

    async def add(self, name: str) -> Welcome:
        """A new player."""
        id, secret = PlayerId(uuid4()), new_token()
        await self._database.fetch("players/add", id, name, new_key(), hash_of(secret))
        return Welcome(id, name, secret)

    async def of_secret(self, secret: str) -> Account | None:
        """The player whose secret this is, or None."""
        rows = await self._database.fetch("players/of_secret", hash_of(secret))
        return Account(_player(rows[0]), rows[0]["key"]) if rows else None

    async def get(self, id: UUID) -> Player | None:
        """The player with this id, or None. A player of one game alone is not there."""
        rows = await self._database.fetch("players/of_id", id)
        return _player(rows[0]) if rows else None

    async def rename(self, id: PlayerId, name: str) -> None:
        """Name the player so in games to come."""
        await self._database.fetch("players/rename", id, name)

    async def forget(self, id: UUID) -> list[PlayerId]:
        """Destroy the keys of the player's names and all else that is known of the player outside the log.
        Returns who is forgotten: with the player whoever this was in single games; nobody where there is
        no such player."""
        forgotten = [row["player_id"] for row in await self._database.fetch("players/forget", id)]
        if forgotten:  # who sat down as somebody of one game alone while that waited for the lock
            forgotten += [row["player_id"] for row in await self._database.fetch("players/forget", id)]
        return list(dict.fromkeys(forgotten))

    async def hand_over(self, id: PlayerId) -> Handover | None:
        """A code with which another device becomes the player's; the one before becomes invalid. None where
        the player has just been forgotten."""
        code = secrets.token_urlsafe(CODE_BYTES)
        rows = await self._database.fetch("players/add_handover", hash_of(code), id, HANDOVER_LIFETIME)
        return Handover(code, rows[0]["expires_at"]) if rows else None

    async def of_code(self, code: str) -> Player | None:
        """The player who hands over with `code`, which stays valid; None where it is not."""
        rows = await self._database.fetch("players/of_code", hash_of(code))
        return _player(rows[0]) if rows else None

    async def redeem(self, code: str) -> Welcome | None:
        """A further secret of the player who handed over with `code`; None where it is not valid any more, or
        never was."""
        secret = new_token()
        rows = await self._database.fetch("players/redeem", hash_of(code), hash_of(secret))
        return Welcome(rows[0]["player_id"], rows[0]["name"], secret) if rows else None


async def forget(database_url: str, player: UUID) -> bool:
    """Forget `player`, as `Players.forget`, in a database whose servers notice it within a second. Returns
    whether there is anybody with this id. Raises BadAddress; UnusableDatabase; NotDurable."""
    async with startup.connection(database_url) as connection:
        forgotten = await connection.fetch(statement("players/forget"), player)
        if forgotten:  # as in Players.forget
            await connection.fetch(statement("players/forget"), player)
        return bool(forgotten)


def _player(row: object) -> Player:
    return Player(row["player_id"], row["name"], row["created_at"])  # type: ignore[index]
