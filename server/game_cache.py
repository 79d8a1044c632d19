"""Folded games, cached so that a command in a game under way needs no reading."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from server.game.decider import NO_GAME, Game, evolve
from server.game.events import Event
from server.store import codec
from server.store.event_store import EventStore, RecordedEvent, StreamId

CACHE_SIZE = 4096
"""Cache size, in games; the least recently used is evicted. A whole game takes about 10 KB."""


class Outcome(NamedTuple):
    """What a command led to: the versions of its first and its last event. `actor` is who gave it."""

    actor: UUID
    first: int
    last: int


@dataclass(slots=True)
class CachedGame:
    """A game, and the outcome of each command that made it so. May be behind its stream."""

    game: Game = NO_GAME
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)
    stale: bool = False
    """Whether the stream is known to have more."""

    def apply(self, recorded: Sequence[RecordedEvent], events: Iterable[Event] | None = None) -> None:
        """Fold in what was `recorded` of its stream, as far as it comes next. `events` is the same as domain
        events, where they are at hand."""
        for stored, event in zip(recorded, events or map(codec.decode, recorded), strict=True):
            if stored.version == self.game.version + 1:
                self.game = evolve(self.game, event)
                id, actor = stored.metadata.command_id, stored.metadata.player
                earlier = self.outcomes.get(id)
                self.outcomes[id] = Outcome(
                    actor, earlier.first if earlier else stored.version, stored.version
                )


class GameCache:
    """The games that had a command last, bounded.

    Nothing depends on a cached game being the latest: an append at its version succeeds only if it is, and a
    refusal is given only after looking again.
    """

    def __init__(self, store: EventStore, size: int = CACHE_SIZE) -> None:
        self._store, self._size = store, size
        self._games: OrderedDict[StreamId, CachedGame] = OrderedDict()

    def get(self, stream_id: StreamId) -> CachedGame | None:
        """The cached game, unless it is missing or known to be stale."""
        cached = self._games.get(stream_id)
        if cached is None or cached.stale:
            return None
        self._games.move_to_end(stream_id)
        return cached

    async def load(self, stream_id: StreamId) -> CachedGame:
        """The game with all that is recorded by now. Raises StoreUnavailable."""
        cached = self._games.get(stream_id) or CachedGame()
        cached.stale = False  # a commit announced during the read may be later than what it sees
        cached.apply(await self._store.read(stream_id, after=cached.game.version))
        if cached.game.version:
            self._games[stream_id] = cached
            self._games.move_to_end(stream_id)
            if len(self._games) > self._size:
                self._games.popitem(last=False)
        return cached

    def invalidate(self, stream_id: StreamId, version: int) -> None:
        """The stream is known to have come to `version`: a game cached before that is stale."""
        cached = self._games.get(stream_id)
        if cached and cached.game.version < version:
            cached.stale = True
