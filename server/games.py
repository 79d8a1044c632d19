"""Games as they were last seen, so that a command in a game under way needs no reading."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from server import codec
from server.event_store import EventStore, RecordedEvent, StreamId
from server.game.decider import NO_GAME, Game, evolve
from server.game.events import Event

REMEMBERED = 4096
"""How many games are remembered, the longest without a command no more. A whole one takes about 10 KB."""


class Done(NamedTuple):
    """What a command has led to: its first event's version and its last one's. `player` is who gave it."""

    player: UUID
    first: int
    last: int


@dataclass(slots=True)
class SeenGame:
    """A game, and which commands have made it so. May be behind its stream, never different from it."""

    game: Game = NO_GAME
    commands: dict[UUID, Done] = field(default_factory=dict)
    behind: bool = False
    """Whether it is known that there is more."""

    def take(self, recorded: Sequence[RecordedEvent], events: Iterable[Event] | None = None) -> None:
        """Take in what was `recorded` of its stream, as far as it comes next; `events` is the same as it was
        decided, where that is known."""
        for event, happened in zip(recorded, events or map(codec.decode, recorded), strict=True):
            if event.version == self.game.version + 1:
                self.game = evolve(self.game, happened)
                id, player = event.metadata.command_id, event.metadata.player
                earlier = self.commands.get(id)
                self.commands[id] = Done(player, earlier.first if earlier else event.version, event.version)


class Games:
    """The games seen last, bounded.

    Nothing rests on what is remembered being the latest: who appends at its version wins only if it is, and
    who refuses looks again first.
    """

    def __init__(self, store: EventStore, size: int = REMEMBERED) -> None:
        self._store, self._size = store, size
        self._seen: OrderedDict[StreamId, SeenGame] = OrderedDict()

    def seen(self, stream_id: StreamId) -> SeenGame | None:
        """The game as it was last seen, if that is remembered and nothing newer is known of."""
        seen = self._seen.get(stream_id)
        if seen is None or seen.behind:
            return None
        self._seen.move_to_end(stream_id)
        return seen

    async def look(self, stream_id: StreamId) -> SeenGame:
        """The game as it is now: what is recorded by now has been taken in. Raises StoreUnavailable."""
        seen = self._seen.get(stream_id) or SeenGame()
        seen.behind = False  # what is heard of while this reads may be more than it sees
        seen.take(await self._store.read(stream_id, after=seen.game.version))
        if seen.game.version:
            self._seen[stream_id] = seen
            self._seen.move_to_end(stream_id)
            if len(self._seen) > self._size:
                self._seen.popitem(last=False)
        return seen

    def heard(self, stream_id: StreamId, version: int) -> None:
        """Somebody recorded up to `version`, maybe at another server."""
        seen = self._seen.get(stream_id)
        if seen and seen.game.version < version:
            seen.behind = True
