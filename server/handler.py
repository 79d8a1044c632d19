"""The only write path: load the game, decide, append at the version decided on, then publish."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from server.cause import Cause
from server.errors import NotSent, StoreUnavailable, WrongExpectedVersion
from server.game.board import Seat
from server.game.commands import Command, Create
from server.game.decider import decide
from server.game.events import Event, GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.game.state import NO_GAME, Game, evolve
from server.game_cache import CachedGame, GameCache, Outcome
from server.metrics import ACCEPTED, FRAMES_ENCODED, LOST_RACES, REJECTED, Metrics
from server.store import codec
from server.store.event_store import (
    EventStore,
    Head,
    Metadata,
    NewEvent,
    RecordedEvent,
    StreamId,
)
from server.store.names import SealedNames
from server.wire.commits import Commit, commit, commit_as_shown

logger = logging.getLogger(__name__)

ATTEMPTS = 8
"""Most times that one command is decided. Two players who take turns hardly ever lose a race; a game that
loses eight in a row is being flooded."""

Publish = Callable[[Commit], None]
"""Tells subscribers of a commit. Must not wait: what it loses is found in the store."""

BeforeAppend = Callable[[tuple[Event, ...]], Awaitable[tuple[Event, ...]]]
"""Runs between a decision and its append, and returns the events to append, in which names are sealed. What
it raises ends the command with nothing recorded."""

Append = Callable[[StreamId, Head, Sequence[NewEvent]], Awaitable[list[RecordedEvent]]]
"""Records events, as EventStore.append: durable when it returns."""


UntilOpen = Callable[[GameId], Awaitable[None]]
"""Returns once the game that players agreed to play next is there, or when that takes too long."""


class Handler:
    """Carries out commands. `server` is the name recorded with each event."""

    def __init__(
        self,
        store: EventStore,
        names: SealedNames,
        cache: GameCache,
        publish: Publish,
        server: str,
        metrics: Metrics,
    ) -> None:
        self._store, self._names, self._cache, self._publish = store, names, cache, publish
        self._server, self._metrics = server, metrics
        self._append: Append = store.append
        self.until_open: UntilOpen = _at_once
        self._under_way = 0
        """The number of commands that were begun and have no outcome yet."""
        self._ended: asyncio.Event | None = None
        """Set when all of these have one, where somebody waits for that."""

    def recording_by(self, append: Append) -> "Handler":
        """The same handler, but `append` records the events: together with something else."""
        handler = object.__new__(type(self))
        handler.__dict__.update(self.__dict__, _append=append)
        return handler

    async def load(self, game_id: GameId, upto: int | None = None) -> Game:
        """The game after its events, up to and including version `upto`. Raises StoreUnavailable."""
        game, _, _ = await self.load_dated(game_id, upto)
        return game

    async def load_dated(
        self, game_id: GameId, upto: int | None = None
    ) -> tuple[Game, datetime | None, datetime | None]:
        """The game as `load` gives it, and the moments of its first and of its last event, None where it has
        none. Raises StoreUnavailable."""
        if upto is None:
            cached = await self._cache.load(StreamId(game_id))
            return cached.game, cached.created_at, cached.changed_at
        recorded = await self._store.read(StreamId(game_id), upto=upto)
        if not recorded:
            return NO_GAME, None, None
        return folded(recorded), recorded[0].recorded_at, recorded[-1].recorded_at

    async def read_anew(self, game_id: GameId) -> None:
        """Have the processes look at the game, although nothing may have happened in it. Raises
        StoreUnavailable."""
        await self._cache.read_anew(StreamId(game_id))

    async def seated_game(self, game_id: GameId, player: PlayerId, head: Head | None = None) -> Game | None:
        """The game, in which `player` has a seat; None where there is none. `head` as in `cached_game`.
        Raises StoreUnavailable."""
        game = self.cached_game(game_id, player, head) or await self.load(game_id)
        return game if game.seat_of(player) else None

    def cached_game(self, game_id: GameId, player: PlayerId, head: Head | None = None) -> Game | None:
        """The game as it is cached, if `player` has a seat in it, which is theirs for the whole game.

        `head` is how far the game has come for its subscribers: one that is cached elsewhere in its history
        may be of a history that the database has lost.
        """
        cached = self._cache.get(StreamId(game_id))
        if cached and head in (None, cached.head) and cached.game.seat_of(player):
            return cached.game
        return None

    async def glance(self, game_id: GameId, version: int | None = None) -> Game:
        """The game as it is cached, where that is good enough: it may be behind by what others did. With
        `version` it is the game as it was then, or as it is where it was never that long. Raises
        StoreUnavailable."""
        cached = self._cache.get(StreamId(game_id))
        game = cached.game if cached else await self.load(game_id)
        if version is None or version == game.version:
            return game
        return await self.load(game_id, upto=version)

    async def seat_of(self, game_id: GameId, player: PlayerId) -> Seat | None:
        """The seat of `player`, which is theirs for the whole game. Raises StoreUnavailable."""
        game = await self.seated_game(game_id, player)
        return game.seat_of(player) if game else None

    async def may_join(self, game_id: GameId, player: PlayerId, command_id: UUID) -> bool:
        """True if `player` does not sit in the game, or came to do so by this very command.
        Raises StoreUnavailable."""
        cached = await self._cache.load(StreamId(game_id))
        outcome = cached.outcomes.get(command_id.int)
        return outcome.actor == player if outcome else cached.game.seat_of(player) is None

    async def handle(
        self,
        game_id: GameId,
        command: Command,
        command_id: UUID,
        version: int | None = None,
        *,
        cause: Cause | None = None,
        before_append: BeforeAppend | None = None,
    ) -> int:
        """Carry out `command` and return the version of its last event, which is durable by then.

        A command whose `command_id` is in the game's log takes no effect again, and gets the same answer.
        `version` is that of the game which the player saw, or None to decide on the game as it is. `cause`
        says which process gives the command, where one does, and why.

        Raises Rejected; StoreUnavailable, after which the outcome is unknown until the id is sent again.
        """
        metadata = Metadata(
            command_id=command_id,
            correlation_id=cause.event.metadata.correlation_id if cause else command_id,
            causation_id=cause.event_id if cause else command_id,
            player=cause.process.id if cause else command.player,
            process=cause.process.name if cause else None,
            server=self._server,
        )
        if cause is not None and cause.thought is not None:
            metadata = replace(metadata, **cause.thought._asdict())
        return await self._counted(self._handle(StreamId(game_id), command, version, metadata, before_append))

    def begin(
        self,
        game_id: GameId,
        command: Command,
        command_id: UUID,
        version: int | None,
        on_accepted: Callable[[UUID, int], None],
        on_trouble: Callable[[Coroutine[Any, Any, int]], None],
    ) -> bool:
        """Carry out a player's `command` as `handle` does, but without a task, where that takes no more than
        the cached game and an append; else return False, with nothing done.

        Later either `on_accepted` is called with the id and the version, or `on_trouble` with the rest of the
        way, which is to be awaited and ends as `handle` does. A command that names a player takes more.
        """
        stream_id = StreamId(game_id)
        cached = self._cache.get(stream_id)
        if cached is None or command_id.int in cached.outcomes:
            return False
        if version is not None and version != cached.game.version:
            return False
        try:
            events = decide(cached.game, command)
        except Rejected:
            return False  # only after a look into the log: the cache may be behind it
        head = cached.head
        metadata = Metadata(
            command_id=command_id,
            correlation_id=command_id,
            causation_id=command_id,
            player=command.player,
            server=self._server,
        )

        def on_outcome(outcome: list[RecordedEvent] | Exception) -> None:
            self._under_way -= 1
            if not self._under_way and self._ended:
                self._ended.set()
            if type(outcome) is list:
                self._take_in(cached, events, outcome)
                self._publish(commit(outcome, head.hash))
                self._metrics.counts[ACCEPTED] += 1
                on_accepted(command_id, outcome[-1].version)
            else:
                assert isinstance(outcome, Exception)
                rest = self._handle(stream_id, command, version, metadata, None, outcome)
                on_trouble(self._counted(rest))

        try:
            self._store.submit(
                stream_id, head, [codec.encode(event, metadata) for event in events], on_outcome
            )
        except NotSent:
            return False
        self._under_way += 1
        return True

    async def finish(self) -> None:
        """Return when all that was begun has an outcome."""
        if self._under_way:
            self._ended = asyncio.Event()
            await self._ended.wait()

    async def _counted(self, outcome: Awaitable[int]) -> int:
        try:
            last = await outcome
        except Rejected as refusal:
            self._metrics.counts[REJECTED[refusal.code]] += 1
            raise
        self._metrics.counts[ACCEPTED] += 1
        return last

    async def _handle(
        self,
        stream_id: StreamId,
        command: Command,
        version: int | None,
        metadata: Metadata,
        before_append: BeforeAppend | None,
        failed: Exception | None = None,
    ) -> int:
        """As `handle`. `failed` is what a first append was answered with, where there was one."""
        # Raised by an append that may have been recorded.
        unknown = failed and self._after_failure(failed)
        cached = None if failed else self._cache.get(stream_id)
        if cached is None and failed is None and isinstance(command, Create):
            cached = CachedGame()  # new, nearly always: where it is not, the append finds that out
        for _ in range(ATTEMPTS):
            from_cache = cached is not None
            cached = cached or await self._cache.load(stream_id)
            if earlier := cached.outcomes.get(metadata.command_id.int):
                if from_cache:
                    cached = None  # look into the log first: the cache may be ahead of it
                    continue
                await self._store.confirm()
                if unknown:  # it was recorded, and has not been published
                    await self._publish_recorded(stream_id, earlier)
                return _same_answer(earlier, metadata.player)
            if unknown:
                raise unknown
            try:
                events = _decide(cached.game, command, version)
            except Rejected:
                if not from_cache:
                    raise
                cached = None  # look into the log first: the cache may be behind it
                continue
            if before_append:
                decided, events = events, await before_append(events)
                self._names.know(decided, events)
            try:
                return await self._record(stream_id, cached, events, metadata)
            except Exception as error:
                unknown, cached = self._after_failure(error), None
        logger.warning(
            "command lost every race", extra={"game": stream_id, "command_id": metadata.command_id}
        )
        raise Rejected(Code.UNAVAILABLE, "Too many moves at once; try again.")

    def _after_failure(self, error: Exception) -> StoreUnavailable | None:
        """Returns `error` where the append may have been recorded, None where another was faster. Raises any
        other."""
        if isinstance(error, WrongExpectedVersion):
            self._metrics.counts[LOST_RACES] += 1
            return None
        if isinstance(error, StoreUnavailable) and not isinstance(error, NotSent):
            return error
        raise error

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        """Append what was decided on `cached`, and publish it. Returns the version of the last event."""
        new = [codec.encode(event, metadata) for event in events]
        head = cached.head
        recorded = await self._append(stream_id, head, new)
        self._take_in(cached, events, recorded)
        if not head.version:
            self._cache.add(stream_id, cached)
        if new[0].type == "MoveMade":  # it names nobody
            self._publish(commit(recorded, head.hash))
        else:
            if next := cached.game.offers.rematch:  # whoever is told of it goes there at once
                await self.until_open(next)
            await self._publish_with_names(recorded, head)
        return recorded[-1].version

    def _take_in(
        self, cached: CachedGame, events: Sequence[Event], recorded: Sequence[RecordedEvent]
    ) -> None:
        """Go on with the game as it is now."""
        cached.apply(recorded, events)
        game = cached.game
        if (
            (game.clocks is not None or game.bot is not None or game.offers.rematch)
            and cached.head == recorded[-1].head  # else it is ahead of the log, which went back
        ):
            self._cache.on_known(game, recorded[-1])
        self._metrics.counts[FRAMES_ENCODED] += 1

    async def _publish_with_names(self, recorded: Sequence[RecordedEvent], before: Head) -> None:
        with contextlib.suppress(StoreUnavailable):  # then the sweep finds it
            shown = await self._names.reveal(recorded)
            self._publish(commit_as_shown(recorded, shown, before.hash))

    async def _publish_recorded(self, stream_id: StreamId, outcome: Outcome) -> None:
        with contextlib.suppress(StoreUnavailable):  # then the sweep finds it
            before = Head(outcome.first - 1, None)
            events = await self._store.read(stream_id, before, outcome.last)
            if events:  # else the database has just gone back behind them
                await self._publish_with_names(events, before)


def folded(recorded: Sequence[RecordedEvent]) -> Game:
    """The game after all its events so far."""
    game = NO_GAME
    for event in recorded:
        game = evolve(game, codec.decode(event), event.recorded_at)
    return game


async def _at_once(game: GameId) -> None:
    """Nobody opens the next game here."""


def _decide(game: Game, command: Command, version: int | None) -> tuple[Event, ...]:
    if version is not None and version != game.version:
        raise Rejected(Code.STALE_VERSION, f"The game is at version {game.version} by now.")
    return decide(game, command)


def _same_answer(outcome: Outcome, actor: UUID) -> int:
    """The answer that the command got when it was carried out."""
    if outcome.actor != actor:
        raise Rejected(Code.BAD_MESSAGE, "This id belongs to another player's command.")
    return outcome.last
