"""Folded games, cached so that a command in a game under way needs no reading."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.errors import HistoryChanged, StoreUnavailable
from server.game.events import AnyEvent
from server.game.state import NO_GAME, Game, evolve
from server.store import codec
from server.store.event_store import EMPTY, EventStore, Head, RecordedEvent, StreamId

CACHE_SIZE = 4096
"""Cache size, in games. A whole game takes about 10 KB."""


class Outcome(Struct, frozen=True, gc=False):
    """The events that a command led to, by their first and last version. `actor` gave the command."""

    actor: UUID
    first: int
    last: int


@dataclass(slots=True)
class CachedGame:
    """A game, and the outcome of each command that made it so. May be behind its stream, or ahead of it after
    the database went back: whoever appends behind its `head` finds out."""

    game: Game = NO_GAME
    head: Head = EMPTY
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """By the `int` of a command's id: to hash that takes no Python, and to hash a UUID does."""
    created_at: datetime | None = None
    changed_at: datetime | None = None
    """The moments of its first and of its last event."""
    used: bool = False
    """True if it was asked for since it came, or since it was last spared."""
    stale: bool = False
    """True if the stream is known to have more events."""

    def apply(self, recorded: Sequence[RecordedEvent], events: Iterable[AnyEvent] | None = None) -> None:
        """Fold in what was `recorded` of its stream, as far as it comes next. `events` is the same as domain
        events, where they are at hand."""
        for stored, event in zip(recorded, events or map(codec.decode, recorded), strict=True):
            if stored.version == self.game.version + 1:
                self.game = evolve(self.game, event, stored.recorded_at)
                self.head, self.changed_at = Head(stored.version, stored.hash), stored.recorded_at
                if stored.version == 1:
                    self.created_at = stored.recorded_at
                id, actor, outcomes = stored.metadata.command_id.int, stored.metadata.player, self.outcomes
                first = outcomes[id].first if id in outcomes else stored.version
                outcomes[id] = Outcome(actor, first, stored.version)


class GameCache:
    """The games that had a command last, bounded: the first that was not asked for since it came, or since it
    was last spared, is evicted (this algorithm is known as second chance).

    Nothing depends on a cached game being the latest: an append at its version succeeds only if it is, and a
    refusal is given only after looking again.
    """

    def __init__(
        self,
        store: EventStore,
        on_history_changed: Callable[[HistoryChanged], None] = lambda change: None,
        size: int = CACHE_SIZE,
        on_known: Callable[[Game, RecordedEvent], None] = lambda game, event: None,
    ) -> None:
        """`on_known` is told of a game that has a clock, the computer or a rematch, whenever it has changed
        here, with its last event."""
        self._store, self._on_history_changed, self._size = store, on_history_changed, size
        self.on_known = on_known
        self._games: OrderedDict[int, CachedGame] = OrderedDict()
        """By the `int` of their ids, the one that is longest here first."""

    def get(self, stream_id: StreamId) -> CachedGame | None:
        """The cached game, unless it is missing or known to be stale."""
        cached = self._games.get(stream_id.int)
        if cached is None or cached.stale:
            return None
        cached.used = True
        return cached

    def is_stale(self, stream_id: StreamId) -> bool:
        """True if the game is cached, and known to have changed since."""
        cached = self._games.get(stream_id.int)
        return cached is not None and cached.stale

    async def load(self, stream_id: StreamId) -> CachedGame:
        """The game with all that is recorded by now. Raises StoreUnavailable."""
        cached = self._games.get(stream_id.int) or CachedGame()
        cached.stale = False  # a commit announced during the read may be later than what it sees
        try:
            events = await self._store.read(stream_id, cached.head)
        except HistoryChanged as change:
            if self._games.get(stream_id.int) is cached:  # else it was noticed meanwhile
                self._on_history_changed(change)
            self.drop(stream_id)
            cached, events = CachedGame(), await self._store.read(stream_id)
        except StoreUnavailable:
            cached.stale = True  # it may have been, and nobody announces it again
            raise
        cached.apply(events)
        game = cached.game
        if events and (game.clocks is not None or game.bot is not None or game.offers.rematch):
            self.on_known(game, events[-1])
        if cached.game.version:
            self.add(stream_id, cached)
        return cached

    def add(self, stream_id: StreamId, cached: CachedGame) -> None:
        """Cache a game that was read, or began, just now."""
        self._games[stream_id.int], cached.used = cached, True
        while len(self._games) > self._size:
            self._evict()

    def _evict(self) -> None:
        """Evict the game that is longest here, or spare it where it was used."""
        id, cached = self._games.popitem(last=False)
        if cached.used:
            cached.used = False
            self._games[id] = cached

    async def read_anew(self, stream_id: StreamId) -> None:
        """Have `on_known` told of the game, although nothing may have happened in it. Raises
        StoreUnavailable."""
        before = self._games.get(stream_id.int)
        version = before.game.version if before else 0
        cached = await self.load(stream_id)
        if cached is before and cached.game.version == version:
            self.drop(stream_id)
            await self.load(stream_id)

    def clear(self) -> None:
        """Forget all games: the database may no longer have what was cached."""
        self._games.clear()

    def drop(self, stream_id: StreamId) -> None:
        """Forget the game: the database no longer has what was cached."""
        self._games.pop(stream_id.int, None)

    def invalidate(self, stream_id: StreamId, version: int) -> None:
        """The stream is known to have come to `version`: a game cached before that is stale."""
        cached = self._games.get(stream_id.int)
        if cached and cached.game.version < version:
            cached.stale = True
