"""The secret token of each player at each game. Only a hash is kept, outside of the log."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Any, Protocol

from server.game.events import GameId, PlayerId
from server.game.rejected import Code, Rejected

TOKEN_BYTES = 32
"""Length of a token, in random bytes. At 256 bits a plain SHA-256 is enough: there is nothing to guess that
a slow hash would protect."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""A token as text: 32 bytes in base64url without padding."""


def new_token() -> str:
    """A new secret token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """True if `text` has the form of a token. A client may make one itself."""
    return _TOKEN.fullmatch(text) is not None


class Statements(Protocol):
    """A database, as far as it is needed here."""

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        """The rows of the statement `name`, by column. Raises StoreUnavailable."""
        ...


class Credentials:
    """The table of tokens. A token whose player never got a seat opens nothing."""

    def __init__(self, database: Statements) -> None:
        self._database = database

    async def claim(
        self,
        game: GameId,
        player: PlayerId,
        token: str,
        name_key: bytes | None = None,
        of_player: PlayerId | None = None,
    ) -> bytes | None:
        """Make `token` that of `player`; asked again with the same one, nothing changes. Returns the key with
        which the player's name is sealed: `name_key`, or the one that was given first. `of_player` is to be
        forgotten together with this one; None is returned where that has happened meanwhile.

        Raises Rejected (`id_taken`) where the player has another token; StoreUnavailable.
        """
        hashed = hash_of(token)
        if name_key is None:
            [row] = await self._database.fetch("add_credential", game, player, hashed)
        else:
            [row] = await self._database.fetch("names/add_seat", game, player, hashed, name_key, of_player)
            name_key = row["key"]
        if not hmac.compare_digest(row["token_hash"], hashed):
            raise Rejected(Code.ID_TAKEN, "This id was used before, with another token.")
        return name_key

    async def copy(self, game: GameId, next: GameId) -> None:
        """Make the tokens of `game` those of the same players in `next`, too. Raises StoreUnavailable."""
        await self._database.fetch("copy_credentials", game, next)

    async def player(self, game: GameId, token: str) -> PlayerId | None:
        """The player of `game` whose token this is, or the player whose secret it is, or None.
        Raises StoreUnavailable."""
        hashed = hash_of(token)
        rows = await self._database.fetch("credentials_of_game", game, hashed)
        matches = [row["player_id"] for row in rows if hmac.compare_digest(row["token_hash"], hashed)]
        return PlayerId(matches[0]) if matches else None


def hash_of(token: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
