"""Reading as it goes on: one game's stream for all who watch it here, and the whole log by checkpoint."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from zlib import crc32

from server.delivery.outbox import Outbox
from server.errors import HistoryChanged, StoreUnavailable
from server.game.events import GameId, PlayerId
from server.store.event_store import EMPTY, Checkpoint, EventStore, Head, RecordedEvent, StreamId
from server.store.names import SealedNames
from server.tasks import Tasks
from server.wire import to_client
from server.wire.close import HISTORY_CHANGED
from server.wire.commits import Commit, commits

logger = logging.getLogger(__name__)


AtEndOfTick = Callable[[Callable[[], None]], None]
"""Has something called at the end of this tick of the event loop, once, however often it is asked for."""


class Subscription:
    """This process's place in one game: takes each version once, in order, without a gap.

    Commits come to it from this process, from Redis and from the store, early, late, twice or never. All meet
    in the check of `take`, so it does not matter which way one came. What was taken is kept, so that a crowd
    that comes at once is served by one read; `tasks` is who waits for the reading.
    """

    def __init__(
        self,
        store: EventStore,
        names: SealedNames,
        game: GameId,
        tasks: Tasks,
        at_end_of_tick: AtEndOfTick,
        on_history_changed: Callable[[HistoryChanged], None] = lambda change: None,
    ) -> None:
        self._store, self._names, self._game, self._tasks = store, names, game, tasks
        self._at_end_of_tick, self._on_history_changed = at_end_of_tick, on_history_changed
        self.commits: list[Commit] = []
        """Every commit up to `head`, in order."""
        self.head = EMPTY
        self.outboxes: dict[Outbox, None] = {}
        self._asking: list[asyncio.Future[None]] = []
        self._resync = self._reading = False
        self._histories: list[tuple[str, int]] = []
        """For each version, as far as somebody has come back: the id of its command, and the CRC-32 of all
        ids up to it. A crowd that comes back at once makes them once."""

    @property
    def version(self) -> int:
        return self.head.version

    def has(self, version: int, command_id: str | None = None, history: int | None = None) -> bool:
        """True if the game has come to `version`, at last by the command of this id, and all the way by
        commands whose ids have this CRC-32, where these are given."""
        if version > self.head.version:
            return False
        if not version or (command_id is None and history is None):
            return True
        id, crc = self._history(version)
        return command_id in (None, id) and history in (None, crc)

    def _history(self, version: int) -> tuple[str, int]:
        """The id of the command that led to `version`, and the CRC-32 of all ids up to it."""
        known = self._histories
        for commit in self.commits:
            if len(known) >= version:
                break
            if commit.last > len(known):
                for id in commit.command_ids():
                    known.append((id, crc32(id.encode(), known[-1][1] if known else 0)))
        return known[version - 1]

    def take(self, commit: Commit) -> None:
        """Take in a commit that follows, and tell everybody; read the store where it does not follow."""
        if commit.last < self.head.version or commit.hash == self.head.hash:
            return  # known already
        if self._follows(commit):
            self._take_in(commit)
        else:
            self.resync()

    def _follows(self, commit: Commit) -> bool:
        """True if `commit` was made behind the very events that are here. One whose hash is not known, from a
        server of an older release, is read from the store instead."""
        first, hash = self.head.version + 1, self.head.hash
        return commit.first == first and commit.before == hash and commit.hash is not None

    def _take_in(self, commit: Commit) -> None:
        self.head = Head(commit.last, commit.hash)
        self.commits.append(commit)
        self._at_end_of_tick(self._tell)

    def _tell(self) -> None:
        """Have the commits sent, to one socket after the other. A crowd is walked through once: most of what
        it costs, beside system calls, is that each socket's objects are fetched from memory."""
        count = len(self.commits)
        for outbox in self.outboxes:
            try:
                outbox.grown(count)
            except Exception:  # of one socket; the others are to have theirs
                logger.exception("a socket cannot be told of a commit", extra={"game": self._game})

    def forget(self, player: PlayerId) -> None:
        """Show the name of `player` no more, and tell whoever may have seen it."""
        found = False
        for place, commit in enumerate(self.commits):
            if commit.stored and (without := commit.without(player)) is not commit:
                self.commits[place], found = without, True
        if found:
            frame = to_client.forgotten(player)
            for outbox in self.outboxes:
                if outbox.follows(self.commits):  # the others are told right after their welcome
                    outbox.put(frame)

    def forgotten(self, version: int) -> list[PlayerId]:
        """The players up to `version` whose name reads "Forgotten" by now: whoever has these events may have
        them with the name, and was not there to be told."""
        return [player for commit in self.commits if commit.first <= version for player in commit.forgotten()]

    def reset(self) -> None:
        """The database no longer has this history: begin anew, and close the sockets that were told of it."""
        history, self.commits, self.head, self._histories = self.commits, [], EMPTY, []
        for outbox in self.outboxes:
            if outbox.follows(history):
                outbox.close(HISTORY_CHANGED)

    async def catch_up(self) -> None:
        """Return when all that is recorded by now has been taken in. Raises StoreUnavailable."""
        asking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asking.append(asking)
        self._start_reading()
        await asking

    def resync(self) -> None:
        """Read what may have been missed. Several calls before the read begins lead to one read."""
        self._resync = True
        self._start_reading()

    def _start_reading(self) -> None:
        if not self._reading:
            self._reading = True
            self._tasks.create_task(self._read())

    async def _read(self) -> None:
        while self._asking or self._resync:
            # Who asks from here on may know of more than this read will see, and shares the next one.
            asking, self._asking, self._resync = self._asking, [], False
            head, history = self.head, self.commits
            try:
                stored = await self._store.read(StreamId(self._game), head)
                shown = await self._names.reveal(stored)
                for commit in commits(stored, head.hash, shown):
                    if self._follows(commit):  # it was not heard of while this was read
                        self._take_in(commit)
                if self.commits is not history:
                    self._asking = asking + self._asking  # what was read is of a history that is no more
                    continue
            except HistoryChanged as change:
                if self.commits is history:  # else it was noticed meanwhile
                    self.reset()
                    self._on_history_changed(change)
                self._asking, self._resync = asking + self._asking, True
            except StoreUnavailable as error:
                _fail(asking, error)  # where nobody asked, the sweep will
            except Exception as error:
                logger.exception("a game cannot be read", extra={"game": self._game})
                _fail(asking, error)
            else:
                for future in asking:
                    if not future.done():
                        future.set_result(None)
        self._reading = False


def _fail(asking: list[asyncio.Future[None]], error: Exception) -> None:
    for future in asking:
        if not future.done():
            future.set_exception(error)


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
