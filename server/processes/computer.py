"""The computer player: moves when it is its turn, and answers what it is asked.

Whoever recorded or read the event that it has to answer thinks for it. Its commands are decided at the
version answered, and their ids are always the same, so one move is made, however many servers make it; and
since the moves so far, a seed and a budget lead to one column, they make the same one. What is not answered
because a server died is found by `deadlines`.
"""

import asyncio
import logging
from typing import NamedTuple
from uuid import UUID

from server.cause import Cause, Process, Thought
from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.clock import Arrival
from server.game.commands import AcceptRematch, AcceptTakeback, Command, DeclineDraw, Move
from server.game.engine import ENGINE, Level, budget
from server.game.events import Event, GameId, PlayerId, PlayerJoined
from server.game.offers import Kind, rematch_id
from server.game.rejected import Code, Rejected
from server.game.state import Game
from server.handler import Handler
from server.processes.thinking import NobodyThinks, Think
from server.store.database_clock import DatabaseClock
from server.store.event_store import RecordedEvent
from server.store.heartbeat import Heartbeat
from server.tasks import Tasks

logger = logging.getLogger(__name__)

COMPUTER = Process("computer", PlayerId(UUID("5c1e6a0b-37f2-5b1d-8a55-1d2f3c9b7e21")))
NAME = "Computer"
"""Name of the computer in a game."""
OPENING_NODES = 2_000
"""Budget of a first move on an empty board, which is made at once."""
OPENING_TIME = 0.2
"""Time to think about it, in seconds."""
PAUSES = (0.45, 0.55, 0.65, 0.75, 0.85)
"""Times from what it answers to an answer of the computer, in seconds: the seed and the number of discs
choose one. It takes longer where it thinks for longer."""
THINKING = 1.1
"""Time that it may think for, in seconds, from what it answers."""
SHORT = 0.3
"""Time left to think, in seconds, at which it is late anyway, and thinks as long as usual."""
MOVES = 21
"""Number of moves that its clock has to suffice for."""
RETRY = 0.5
"""Pause after which an answer is given again where the database was away, in seconds."""
THINK_AGAIN = 5.0
"""Pause after which it is thought about again where no process could be started, in seconds."""
LEVELS = {level.value for level in Level}


def seed_of(game: GameId) -> int:
    """The seed of all moves of the computer in a game."""
    return game.int & 0xFFFFFFFF


class _Duty:
    """Something to answer: the game as it is, and its last event. `over` once something else has happened."""

    __slots__ = ("event", "game", "over")

    def __init__(self, game: Game, event: RecordedEvent) -> None:
        self.game, self.event, self.over = game, event, asyncio.Event()


class Pace(NamedTuple):
    """The times of an answer from what it answers on, and its budget."""

    pause: float
    """Time to the answer at least, in seconds."""
    thinking: float
    """Time to think for at most, in seconds."""
    nodes: int


class Computer:
    """The process. `tasks` wait for what it has begun; what it has not is left to other servers by `stop`."""

    def __init__(
        self, handler: Handler, clock: DatabaseClock, heartbeat: Heartbeat, think: Think, tasks: Tasks
    ) -> None:
        self._handler, self._clock, self._heartbeat = handler, clock, heartbeat
        self._think, self._tasks = think, tasks
        self._duties: dict[GameId, _Duty] = {}
        self._stopped = False

    def react(self, game: Game, event: RecordedEvent) -> None:
        """Answer what the computer has to answer in `game`, where it plays. `event` is its last event."""
        id = GameId(event.stream_id)
        before = self._duties.get(id)
        if before and before.event.version == event.version and before.event.hash == event.hash:
            return
        if before:
            before.over.set()
            del self._duties[id]
        if not self._stopped and game.bot and has_to_answer(game, game.bot):
            duty = self._duties[id] = _Duty(game, event)
            self._tasks.create_task(self._answer(id, duty, game.bot))

    def stop(self) -> None:
        """Leave what has not been answered to others."""
        self._stopped = True
        for duty in self._duties.values():
            duty.over.set()

    async def _answer(self, id: GameId, duty: _Duty, bot: PlayerJoined) -> None:
        """Answer `duty`, unless something else happens before."""
        answer: tuple[Command, Thought | None] | None = None
        try:
            while not duty.over.is_set():
                try:
                    answer = answer or await self._choose(id, duty, bot)
                    if not duty.over.is_set():
                        await self._give(id, duty, *answer)
                    return
                except StoreUnavailable:
                    await _over_within(RETRY, duty)
                except NobodyThinks:
                    if not self._stopped:
                        logger.warning("the computer player cannot think", extra={"game": id})
                    await _over_within(THINK_AGAIN, duty)
        except Rejected as refusal:
            if refusal.code not in RACES and not duty.over.is_set():
                logger.exception("an answer of the computer player was refused", extra={"game": id})
        finally:
            if self._duties.get(id) is duty:
                del self._duties[id]

    async def _choose(self, id: GameId, duty: _Duty, bot: PlayerJoined) -> tuple[Command, Thought | None]:
        """The command that answers `duty`, once the time for it has come. Raises NobodyThinks."""
        game = duty.game
        if answer := _answer_to_offer(id, game, bot):
            asked = self._clock.moment(duty.event.recorded_at)
            await _over_within(asked + PAUSES[0] - self._clock.monotonic(), duty)
            return answer, None
        assert bot.bot
        since = self._clock.moment(game.since)
        level, seed = Level(bot.bot.level), seed_of(id)
        pace = pace_of(game, bot.seat, level, seed)
        left = since + pace.thinking - self._clock.monotonic()
        seconds = left if left > SHORT * pace.thinking else pace.thinking
        column, nodes = await self._think(game.columns, level, seed, pace.nodes, seconds)
        await _over_within(since + pace.pause - self._clock.monotonic(), duty)
        return Move(player=bot.player, column=column), Thought(seed=seed, nodes=nodes, engine=ENGINE)

    async def _give(self, id: GameId, duty: _Duty, command: Command, thought: Thought | None) -> None:
        """Give `command` because of what `duty` is about. Raises Rejected, StoreUnavailable."""
        if isinstance(command, Move) and duty.game.clocks is not None:
            if not self._heartbeat.knows(self._clock.monotonic()):
                await self._heartbeat.ask()  # a downtime that has just ended is given back at once
            arrival = Arrival(at=self._clock.now(), downtimes=self._heartbeat.downtimes)
            command = Move(player=command.player, column=command.column, arrival=arrival)
        cause = Cause(COMPUTER, duty.event, thought)
        kind = "move" if thought else "answer"

        async def still(events: tuple[Event, ...]) -> tuple[Event, ...]:
            if duty.over.is_set():  # as where the database went back to before what is answered
                raise Rejected(Code.STALE_VERSION, "Something else has happened meanwhile.")
            return events

        await self._handler.handle(
            id, command, cause.command_id(kind), duty.event.version, cause=cause, before_append=still
        )


RACES = {Code.STALE_VERSION, Code.NO_SUCH_GAME, Code.GAME_OVER, Code.TOO_LATE, Code.UNAVAILABLE}
"""Refusals of an answer that something else was faster than, or that a newer release has to give."""


def has_to_answer(game: Game, bot: PlayerJoined) -> bool:
    """True if the computer is to move, or is asked something."""
    assert bot.bot
    if bot.bot.level not in LEVELS or game.unrecognised:
        return False  # only a newer release can play
    open = game.offers.open
    return game.next is bot.seat or (open is not None and open.seat is not bot.seat)


def _answer_to_offer(id: GameId, game: Game, bot: PlayerJoined) -> Command | None:
    """The answer to the offer that is open: the computer takes moves back and plays again, and agrees to no
    draw."""
    open = game.offers.open
    if open is None or open.seat is bot.seat:
        return None
    match open.kind:
        case Kind.DRAW:
            return DeclineDraw(player=bot.player, offer=open.version)
        case Kind.TAKEBACK:
            return AcceptTakeback(player=bot.player, offer=open.version)
        case Kind.REMATCH:
            return AcceptRematch(player=bot.player, offer=open.version, game=rematch_id(id))


def pace_of(game: Game, seat: Seat, level: Level, seed: int) -> Pace:
    """The pace of the computer's next move. With a clock it plays so that its time suffices."""
    discs = len(game.columns)
    nodes = budget(level, discs)
    if discs == 0:
        return Pace(0.0, OPENING_TIME, min(nodes, OPENING_NODES))
    pause, thinking = PAUSES[(seed + discs) % len(PAUSES)], THINKING
    if game.clocks is not None and game.clocks.running:
        left = game.clocks.side(seat).remaining_ms / 1000
        share = left / max(MOVES - game.plies // 2, 2) + game.clocks.terms.increment
        pause, thinking = min(pause, share * 0.9), min(thinking, max(share, left / 16))
    return Pace(pause, thinking, nodes)


async def _over_within(seconds: float, duty: _Duty) -> None:
    """Wait so long, or until `duty` is over."""
    if seconds > 0:
        try:
            async with asyncio.timeout(seconds):
                await duty.over.wait()
        except TimeoutError:
            pass
