"""The secret token of each player at each game. Only a hash is kept, outside of the log."""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple, Protocol

import msgspec

from server.game.events import GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.store.event_store import Head, NewEvent, RecordedEvent, StreamId

TOKEN_BYTES = 32
"""Length of a token, in random bytes. At 256 bits a plain SHA-256 is enough: there is nothing to guess that
a slow hash would protect."""

CACHE_SIZE = 10_000
"""Cache size, in tokens; the one that was kept first is evicted. A token takes about 300 bytes."""

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


class Holder(NamedTuple):
    """The player who gets a seat, and what is kept of them beside the log."""

    player: PlayerId
    token_hash: bytes
    name_key: bytes | None = None
    """A key made for the name of a player of one game alone."""
    of_player: PlayerId | None = None
    """The player who plays that one, too: they are to be forgotten together."""


def holders_as_json(holders: Iterable[tuple[StreamId, Holder]]) -> str:
    """Holders of seats in their games, as the statement `append_seats` takes them."""
    rows = [
        {
            "game": game,
            "player_id": holder.player,
            "token_hash": _bytea(holder.token_hash),
            "key": _bytea(holder.name_key),
            "of_player": holder.of_player,
        }
        for game, holder in holders
    ]
    return msgspec.json.encode(rows).decode()


def _bytea(value: bytes | None) -> str | None:
    """Bytes in JSON, as Postgres reads them."""
    return None if value is None else f"\\x{value.hex()}"


AppendSeat = Callable[[StreamId, Head, Sequence[NewEvent], Holder], Awaitable[list[RecordedEvent]]]
"""Records events that seat a player, as PostgresEventStore.append_seat."""
Remember = Callable[[PlayerId, bytes], None]
"""Is told of the key of a player's name that was kept just now."""


class Credentials:
    """The table of tokens. A token whose player never got a seat opens nothing.

    Tokens that were kept here are cached, for the socket that comes next: a token stays that of its player.
    """

    def __init__(
        self, database: Statements, append: AppendSeat, remember: Remember = lambda player, key: None
    ) -> None:
        self._database, self._append, self._remember = database, append, remember
        self._cache: OrderedDict[tuple[GameId, bytes], PlayerId] = OrderedDict()

    def within(self, database: Statements, append: AppendSeat) -> "Credentials":
        """The same, but `append` records the events, in a transaction of `database`, which it ends."""
        credentials = copy(self)
        credentials._database, credentials._append = database, append
        return credentials

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
    ) -> list[RecordedEvent]:
        """Record events that seat `holder`, and make the token the player's, in one commit. Raises as
        PostgresEventStore.append_seat."""
        recorded = await self._append(stream_id, expected, events, holder)
        self._cache[GameId(stream_id), holder.token_hash] = holder.player
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        if (
            holder.name_key and not holder.of_player
        ):  # whose player may have been forgotten, and the key with it
            self._remember(holder.player, holder.name_key)
        return recorded

    def clear(self) -> None:
        """Forget all tokens: the database may no longer have what was recorded."""
        self._cache.clear()

    def drop(self, game: GameId) -> None:
        """Forget the tokens of `game`: the database no longer has what was recorded of it."""
        for known in [key for key in self._cache if key[0] == game]:
            del self._cache[known]

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
        if player := self._cache.get((game, hashed)):
            return player
        rows = await self._database.fetch("credentials_of_game", game, hashed)
        matches = [row["player_id"] for row in rows if hmac.compare_digest(row["token_hash"], hashed)]
        return PlayerId(matches[0]) if matches else None

    def cached_player(self, game: GameId, token: str) -> PlayerId | None:
        """The player of `game` whose token this is, where that is cached."""
        return self._cache.get((game, hash_of(token)))


def hash_of(token: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
