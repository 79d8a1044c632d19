"""Fan-out within one process: hands what happens in a game to whoever is subscribed to it here."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from server.game.events import GameId
from server.messages import Commit

OUTBOX_SIZE = 256
"""How many messages may wait for one socket; a game of 42 moves fits several times."""


class Resync(Enum):
    """Look into the store: something may have been missed."""

    RESYNC = "resync"


RESYNC: Final = Resync.RESYNC


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket, saying why by a close code of RFC 6455 (or one of ours, from 4000)."""

    code: int
    reason: str


TOO_SLOW = Close(1013, "too slow")

Item = Commit | str
"""What can wait to be sent; a string is a frame as it is."""


class Outbox:
    """What waits to be sent to one socket. Bounded, and putting never waits for the socket."""

    def __init__(self, size: int = OUTBOX_SIZE) -> None:
        self._size = size
        self._waiting: deque[Item | Close] = deque()
        self._presence: str | None = None
        self._resync = False
        self._close: Close | None = None
        self._filled = asyncio.Event()

    def put(self, item: Item) -> None:
        """Add `item`. Where there is no room the socket is too slow, and is to be closed."""
        if len(self._waiting) < self._size:
            self._waiting.append(item)
            self._filled.set()
        else:
            self.close(TOO_SLOW)

    def put_presence(self, frame: str) -> None:
        """Of presence only the latest counts, so that it never takes more than one place."""
        self._presence = frame
        self._filled.set()

    def put_resync(self) -> None:
        """Have the store looked into; asked several times before it is done, it is done once."""
        self._resync = True
        self._filled.set()

    def close(self, close: Close) -> None:
        """Have the socket closed; what waits is dropped, and of several reasons the first is given."""
        self._close = self._close or close
        self._waiting.clear()
        self._filled.set()

    def finish(self, close: Close) -> None:
        """Have the socket closed behind what waits, even where there is no room."""
        self._waiting.append(close)
        self._filled.set()

    async def get(self) -> Item | Resync | Close:
        """The next item, waiting for one where there is none."""
        while True:
            if self._close:
                return self._close
            if self._waiting:
                return self._waiting.popleft()
            if self._resync:
                self._resync = False
                return RESYNC
            if self._presence is not None:
                frame, self._presence = self._presence, None
                return frame
            self._filled.clear()
            await self._filled.wait()


class Place(Protocol):
    """How far a subscription is in its game."""

    version: int


class Hub:
    """Who is subscribed to what, in this process."""

    def __init__(self) -> None:
        self._subscribed: dict[GameId, dict[Outbox, Place]] = {}
        self._changed: set[GameId] = set()
        self._change = asyncio.Event()

    @property
    def games(self) -> list[GameId]:
        """The games that somebody here is subscribed to."""
        return list(self._subscribed)

    def watches(self, game: GameId) -> bool:
        return game in self._subscribed

    def places(self) -> dict[GameId, int]:
        """For each game watched here, the version that all its subscriptions have reached."""
        return {
            game: min(place.version for place in subscribed.values())
            for game, subscribed in self._subscribed.items()
        }

    @contextlib.contextmanager
    def subscribe(self, game: GameId, outbox: Outbox, place: Place) -> Iterator[None]:
        """Hand `outbox` what happens in `game`, from now until the end of the context."""
        subscribed = self._subscribed.setdefault(game, {})
        if not subscribed:
            self._note_change(game)
        subscribed[outbox] = place
        try:
            yield
        finally:
            del subscribed[outbox]
            if not subscribed:
                del self._subscribed[game]
                self._note_change(game)

    def deliver(self, commit: Commit) -> None:
        for outbox in self._subscribed.get(commit.game, ()):
            outbox.put(commit)

    def deliver_presence(self, game: GameId, frame: str) -> None:
        for outbox in self._subscribed.get(game, ()):
            outbox.put_presence(frame)

    def resync(self, game: GameId, upto: int | None = None) -> None:
        """Have the subscriptions of `game`, or those of them that are not past version `upto`, look into the
        store for what they may have missed."""
        for outbox, place in self._subscribed.get(game, {}).items():
            if upto is None or place.version <= upto:
                outbox.put_resync()

    async def changed_games(self) -> set[GameId]:
        """The games that were first watched, or left by their last watcher, since this was last asked."""
        await self._change.wait()
        self._change.clear()
        changed, self._changed = self._changed, set()
        return changed

    def _note_change(self, game: GameId) -> None:
        self._changed.add(game)
        self._change.set()
