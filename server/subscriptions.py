"""Reading as it goes on: one game's stream for one socket, and the whole log by checkpoint."""

from collections.abc import AsyncIterator

from server.event_store import Checkpoint, EventStore, RecordedEvent, StreamId
from server.game.events import GameId
from server.messages import Commit, commits


class Subscription:
    """One reader's place in one game: gives each version once, in order, without a gap.

    Commits come to it from this process, from Redis and from the store, early, late, twice or never.
    All meet in the check of `take`, so it does not matter which way one came.
    """

    def __init__(self, store: EventStore, game: GameId, after: int) -> None:
        self._store, self._game = store, game
        self.version = after
        """The last version that was given out."""

    async def catch_up(self) -> list[Commit]:
        """What the store holds behind `version`. Raises StoreUnavailable."""
        events = await self._store.read(StreamId(self._game), after=self.version)
        if events:
            self.version = events[-1].version
        return commits(events)

    async def take(self, commit: Commit) -> list[Commit]:
        """What there is to give out now that `commit` is heard of. Raises StoreUnavailable."""
        if commit.last <= self.version:
            return []
        if commit.first == self.version + 1:
            self.version = commit.last
            return [commit]
        return await self.catch_up()


async def read_log(
    store: EventStore, after: Checkpoint, batch: int = 1000
) -> AsyncIterator[tuple[Checkpoint, list[RecordedEvent]]]:
    """The whole log behind `after` as it is now, in commit order: at most `batch` events at a time, and the
    checkpoint to go on from. Ends where the log does. Raises StoreUnavailable."""
    while events := await store.read_log(after, batch):
        after = Checkpoint(events[-1].transaction_id, events[-1].position)
        yield after, events
        if len(events) < batch:
            return
