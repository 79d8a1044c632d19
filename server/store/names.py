"""Players' names, sealed in the log: each is encrypted under a key of its player's own, which lies outside of
the log and can be destroyed. See docs/decisions/0016-names-that-can-be-forgotten.md.

What is stored, hashed, folded and cached is the sealed form. It is opened when it is shown.
"""

import base64
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace as with_fields

from server.game.events import OF_A_PLAYER, Event, PlayerId, PlayerJoined
from server.game.state import Game
from server.store.event_store import RecordedEvent
from server.store.ids import parse

NO_NAME = "Anonymous"
"""The name of a player whose own shows nothing. It stands beside a sealed name, for releases that cannot
open it."""
FORGOTTEN = "Forgotten"
"""The name of a player who was forgotten."""

KEY_BYTES = 32
"""Length of a key: AES-256."""
NONCE_BYTES = 12
"""Length of a nonce, which is random. A key seals one name a game, far from the 2³² at which that ends."""
PADDED = 128
"""Length to which a name is padded, in bytes, so that a sealed one does not tell its length: that of 32 code
points in UTF-8."""
CACHE_SIZE = 20_000
"""Cache size, in players; the least recently used is evicted. A key takes about 200 bytes."""
OVERLAP = timedelta(minutes=1)
"""Time by which a look reaches back behind the one before. Longer than any transaction, which is seen late
with the time at which it began."""
FORGOTTEN_KEPT = 10_000
"""Number of forgotten players that are remembered, for keys that were read before and arrive after."""
_GONE = b""
"""In the cache in place of a key: the player was forgotten."""


class Statements(Protocol):
    """A database, as far as it is needed here."""

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        """The rows of the statement `name`, by column. Raises StoreUnavailable."""
        ...


def new_key() -> bytes:
    """A new key for the names of one player."""
    return secrets.token_bytes(KEY_BYTES)


def seal(events: Iterable[Event], key: bytes) -> tuple[Event, ...]:
    """`events` with the names in them sealed with `key`, that of the player who joins."""
    return tuple(
        _seal(event, key) if isinstance(event, PlayerJoined) and _is_named(event) else event
        for event in events
    )


def _is_named(joined: PlayerJoined) -> bool:
    """True if the name is somebody's: the computer's is nobody's."""
    return joined.name != NO_NAME and joined.bot is None


def _seal(joined: PlayerJoined, key: bytes) -> PlayerJoined:
    """Bound to the player's id: it cannot be opened as the name of another."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    name = joined.name.encode().ljust(PADDED, b"\0")
    sealed = AESGCM(key).encrypt(nonce, name, joined.player.bytes)
    text = base64.urlsafe_b64encode(nonce + sealed).decode()
    return PlayerJoined(seat=joined.seat, player=joined.player, name=NO_NAME, sealed=text)


def _open(player: UUID, sealed: str, key: bytes) -> str:
    """The name in `sealed`, or FORGOTTEN where `key` is not the one that it was sealed with."""
    packed = base64.urlsafe_b64decode(sealed)
    try:
        name = AESGCM(key).decrypt(packed[:NONCE_BYTES], packed[NONCE_BYTES:], player.bytes)
    except InvalidTag:
        return FORGOTTEN
    return name.rstrip(b"\0").decode()


class SealedNames:
    """Opens names, with a cache of keys. A player of whom `forget` was told is not opened any more."""

    def __init__(self, database: Statements, size: int = CACHE_SIZE) -> None:
        self._database, self._size = database, size
        self._keys: OrderedDict[UUID, bytes | None] = OrderedDict()
        self._opened: OrderedDict[UUID, tuple[str, str]] = OrderedDict()
        """Of each player the name that was opened last, behind its sealed form."""
        self._forgotten: OrderedDict[UUID, None] = OrderedDict()
        self._asked_at: datetime | None = None

    async def reveal(self, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """`events` as readers see them, with the real names. Raises StoreUnavailable."""
        places = [
            place
            for place, event in enumerate(events)
            if event.type == PlayerJoined.__name__ and "bot" not in event.data
        ]
        if not places:
            return events
        shown = list(events)
        names = await self.open(
            (parse(event.data["player"]), event.data["name"], event.data.get("sealed"))
            for event in map(shown.__getitem__, places)
        )
        for place, name in zip(places, names, strict=True):
            data = {key: value for key, value in shown[place].data.items() if key != "sealed"}
            shown[place] = with_fields(shown[place], data=data | {"name": name})
        return shown

    async def reveal_game(self, game: Game) -> Game:
        """`game` with the real names of its players. Raises StoreUnavailable."""
        people = [joined for joined in game.players if joined.bot is None]
        names = await self.open((joined.player, joined.name, joined.sealed) for joined in people)
        shown = {
            joined.seat: PlayerJoined(seat=joined.seat, player=joined.player, name=name)
            for joined, name in zip(people, names, strict=True)
        }
        players = tuple(shown.get(joined.seat, joined) for joined in game.players)
        return replace(game, players=players)

    async def open(self, named: Iterable[tuple[UUID, str, str | None]]) -> list[str]:
        """The real name of each, given its player, the stored name, and the sealed one if there is one.
        Nothing is awaited after the last look at who is forgotten. Raises StoreUnavailable."""
        wanted = list(named)
        # A name that an older release recorded is not sealed. It is in the log for good, but not shown.
        # A player without a name can be forgotten, too; a guest without one cannot.
        keys = await self._load(
            {
                player
                for player, name, sealed in wanted
                if sealed or name != NO_NAME or player.version == OF_A_PLAYER
            }
        )
        shown = [self._name(player, name, sealed, keys.get(player)) for player, name, sealed in wanted]
        wrong = {
            player
            for (player, _, sealed), name in zip(wanted, shown, strict=True)
            if name is FORGOTTEN and sealed and keys.get(player)
        }
        if not wrong:
            return shown
        for player in wrong:  # whose key was made anew, after the database went back to before it was kept
            self._keys.pop(player, None)
        keys |= await self._load(wrong)
        return [self._name(player, name, sealed, keys.get(player)) for player, name, sealed in wanted]

    def _name(self, player: UUID, name: str, sealed: str | None, key: bytes | None) -> str:
        if key is _GONE or player in self._forgotten:
            return FORGOTTEN
        if not sealed:
            return name
        if not key:
            return FORGOTTEN
        if (known := self._opened.get(player)) and known[0] == sealed:
            return known[1]
        if (opened := _open(player, sealed, key)) is not FORGOTTEN:
            self._note(player, sealed, opened)
        return opened

    async def _load(self, players: Iterable[UUID]) -> dict[UUID, bytes | None]:
        """The key of each, _GONE where the player was forgotten, and None where there is no key."""
        keys: dict[UUID, bytes | None] = {}
        missing = []
        for player in players:
            if player in self._keys:
                keys[player] = self._keys[player]
                self._keys.move_to_end(player)
            else:
                missing.append(player)
        if missing:
            for row in await self._database.fetch("names/keys", missing):
                player = row["player_id"]
                gone = row["forgotten"] or player in self._forgotten  # maybe while this was read
                keys[player] = self._keys[player] = _GONE if gone else row["key"]
            while len(self._keys) > self._size:
                self._keys.popitem(last=False)
        return keys

    def remember(self, player: PlayerId, key: bytes) -> None:
        """Have `key` at hand, which was kept just now: it need not be read."""
        if player not in self._forgotten:
            self._keys[player] = key
            if len(self._keys) > self._size:
                self._keys.popitem(last=False)

    def know(self, events: Sequence[Event], sealed: Sequence[Event]) -> None:
        """Have the names in `events` at hand, which are the same as `sealed`: they need not be opened."""
        for plain, event in zip(events, sealed, strict=True):
            if event is not plain and isinstance(event, PlayerJoined) and isinstance(plain, PlayerJoined):
                assert event.sealed
                self._note(event.player, event.sealed, plain.name)

    def _note(self, player: UUID, sealed: str, name: str) -> None:
        if player not in self._forgotten:
            self._opened[player] = sealed, name
            if len(self._opened) > self._size:
                self._opened.popitem(last=False)

    def forget(self, player: PlayerId) -> None:
        """Open no name of `player` from now on."""
        self._keys.pop(player, None)
        self._opened.pop(player, None)
        self._forgotten[player] = None
        if len(self._forgotten) > FORGOTTEN_KEPT:
            self._forgotten.popitem(last=False)

    async def ask_who_is_forgotten(self) -> list[PlayerId]:
        """Forget those whom another server forgot since this was last asked, and return them.
        Raises StoreUnavailable."""
        since = self._asked_at and self._asked_at - OVERLAP
        rows = await self._database.fetch("names/forgotten_since", since)
        self._asked_at = rows[0]["now"]
        told = [PlayerId(row["player_id"]) for row in rows if row["player_id"]]
        news = [player for player in told if player not in self._forgotten]
        for player in news:
            self.forget(player)
        return news
