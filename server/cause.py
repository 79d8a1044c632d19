"""The causes of commands that processes give: the process, and the event that it reacts to."""

from typing import NamedTuple
from uuid import UUID

from server.game.events import PlayerId
from server.store.event_store import RecordedEvent, event_id
from server.store.ids import derived


class Process(NamedTuple):
    """A process that reacts to the log. Its `id` never changes, and is recorded in place of a player's."""

    name: str
    id: PlayerId


class Thought(NamedTuple):
    """The seed, the budget and the engine that chose a move of the computer, as Metadata has them."""

    seed: int
    nodes: int
    engine: int


class Cause(NamedTuple):
    """The process that gives a command, and the event it reacts to."""

    process: Process
    event: RecordedEvent
    thought: Thought | None = None

    def command_id(self, kind: str) -> UUID:
        """The id of the command of this `kind`. It is the same on every server and at every repeat, so the
        command takes effect once."""
        return derived(self.event.stream_id, f"{self.event.version} {kind}")

    @property
    def event_id(self) -> UUID:
        """The id of the event, for the `causation_id` of what it caused."""
        return event_id(self.event.stream_id, self.event.version)
