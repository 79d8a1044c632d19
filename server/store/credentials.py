"""Who may play which player: a secret token each, of which only a hash is kept, outside of the log."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any, Protocol

from server.game.events import GameId, PlayerId

TOKEN_BYTES = 32
"""256 random bits, so a plain SHA-256 is enough: there is nothing to guess that a slow hash would protect."""


class Statements(Protocol):
    """A database, as far as it is needed here."""

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        """The rows of the statement `name`, by column. Raises StoreUnavailable."""
        ...


class Credentials:
    """The table of who may play whom. A token whose player never got a seat opens nothing."""

    def __init__(self, database: Statements) -> None:
        self._database = database

    async def issue(self, game: GameId, player: PlayerId) -> str:
        """A new secret token for `player`, to be shown once and never kept. Raises StoreUnavailable."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await self._database.fetch("add_credential", game, player, _hash(token))
        return token

    async def player(self, game: GameId, token: str) -> PlayerId | None:
        """The player of `game` whose token this is, or None. Raises StoreUnavailable."""
        rows = await self._database.fetch("credentials_of_game", game)
        hashed = _hash(token)
        matches = [row["player_id"] for row in rows if hmac.compare_digest(row["token_hash"], hashed)]
        return PlayerId(matches[0]) if matches else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
