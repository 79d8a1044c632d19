"""The computer player in virtual time: when it answers, with what, and that it does so once."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from server.game.board import Seat
from server.game.clock import Arrival
from server.game.commands import (
    Command,
    Create,
    Move,
    OfferDraw,
    OfferRematch,
    OfferTakeback,
    Resign,
)
from server.game.engine import ENGINE, Level, choose
from server.game.events import Bot, Clock, GameId, PlayerId, PlayerJoined
from server.game.offers import rematch_id
from server.game.state import Game
from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.processes.computer import COMPUTER, NAME, PAUSES, Computer, seed_of
from server.processes.thinking import NobodyThinks, Thought
from server.store.database_clock import DatabaseClock
from server.store.event_store import RecordedEvent, StreamId
from server.store.heartbeat import Heartbeat
from server.tasks import Tasks
from tests.support.memory_players import no_names
from tests.support.memory_store import Log
from tests.support.scenario import ADA
from tests.support.virtual_time import Store, in_virtual_time

GAME = GameId(UUID(int=0x1234567))
BOT = PlayerId(UUID(int=99))


class Server:
    """A server whose processes need `thinking` seconds for a move, and its own clock."""

    def __init__(self, log: Log, tasks: Tasks, thinking: float = 0.1) -> None:
        loop = asyncio.get_running_loop()
        self.store, self.thinking, self.thoughts = Store(log), thinking, list[float]()
        self.unable = 0

        async def read() -> datetime:
            return log.time()

        async def beat() -> tuple[()]:
            return ()

        def on_known(game: Game, event: RecordedEvent) -> None:
            self.computer.react(game, event)

        self.clock = DatabaseClock(read, loop.time)
        cache = GameCache(self.store, on_known=on_known)
        self.handler = Handler(self.store, no_names(), cache, lambda commit: None, "one", Metrics())
        self.computer = Computer(self.handler, self.clock, Heartbeat(beat), self._think, tasks)

    async def _think(
        self, columns: Sequence[int], level: Level, seed: int, nodes: int, seconds: float
    ) -> Thought:
        self.thoughts.append(seconds)
        await asyncio.sleep(min(self.thinking, seconds))
        if self.unable:
            self.unable -= 1
            raise NobodyThinks
        nodes = min(nodes, 500)
        return Thought(choose(columns, level, seed, nodes).column, nodes)

    async def give(self, command: Command) -> None:
        await self.handler.handle(GAME, command, uuid4())

    async def start(
        self, seat: Seat = Seat.YELLOW, clock: Clock | None = None, level: str = "medium", opening: str = ""
    ) -> None:
        """A game in which Ada has `seat`, and the computer the other."""
        await self.clock.measure()
        bot = Bot(level=level, engine=ENGINE)
        opponent = PlayerJoined(seat=seat.other, player=BOT, name=NAME, bot=bot)
        create = Create(player=ADA, name="Ada", seat=seat, clock=clock, opponent=opponent, opening=opening)
        await self.give(create)

    async def move(self, column: int) -> None:
        await self.give(Move(player=ADA, column=column, arrival=Arrival(at=self.clock.now())))


def played(play: Callable[[Log, Tasks], Awaitable[None]], seed: int = 0) -> list[RecordedEvent]:
    """The events of GAME after `play`."""
    return in_virtual_time(play, seed).streams[StreamId(GAME)]


def types(events: Sequence[RecordedEvent]) -> list[str]:
    return [event.type for event in events]


def answers(events: Sequence[RecordedEvent]) -> list[tuple[RecordedEvent, float]]:
    """The moves of the computer, each with the seconds since the event before."""
    return [
        (event, (event.recorded_at - before.recorded_at).total_seconds())
        for before, event in itertools.pairwise(events)
        if event.type == "MoveMade" and event.metadata.process == "computer"
    ]


def columns_before(events: Sequence[RecordedEvent], event: RecordedEvent) -> list[int]:
    return [earlier.data["column"] for earlier in events[: event.version - 1] if earlier.type == "MoveMade"]


def test_the_first_move_comes_at_once_and_others_take_about_a_second() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(Seat.RED)
        for column in (2, 4, 2, 0, 6):
            await asyncio.sleep(2)
            await server.move(column)

    events = played(play)
    (opening, first), *others = answers(events)
    assert opening.version == 5
    assert first < 0.3
    assert len(others) == 5
    assert all(0.4 <= waited <= 1.5 for _, waited in others)
    assert len({round(waited, 1) for _, waited in others}) > 1


def test_a_move_says_who_made_it_and_why_and_what_it_was_chosen_by() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start()
        await server.move(3)

    events = played(play)
    [(move, _)] = answers(events)
    asked, metadata = events[-2], move.metadata
    assert (metadata.player, metadata.process) == (COMPUTER.id, "computer")
    assert metadata.correlation_id == asked.metadata.correlation_id
    assert (metadata.seed, metadata.engine) == (seed_of(GAME), ENGINE)
    assert metadata.nodes
    assert metadata.seed is not None
    again = choose(columns_before(events, move), Level.MEDIUM, metadata.seed, metadata.nodes)
    assert (move.data["player"], move.data["column"]) == (str(BOT), again.column)


def test_thinking_counts_as_waiting_and_is_bounded() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks, thinking=60)
        await server.start()
        await server.move(3)

    [(_, waited)] = answers(played(play))
    assert 1.0 < waited <= 1.5


@pytest.mark.parametrize("seed", range(5))
def test_two_servers_that_answer_make_one_move(seed: int) -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        one, two = Server(log, tasks), Server(log, tasks, thinking=0.2)
        await two.clock.measure()
        await one.start()
        for column in (3, 2, 4):
            await one.move(column)
            await two.handler.load(GAME)
            await asyncio.sleep(2)

    events = played(play, seed)
    assert types(events)[4:] == ["MoveMade"] * 6
    assert len(answers(events)) == 3


def test_whoever_finds_a_move_that_was_not_made_makes_the_same_one_at_once() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        dying, other = Server(log, tasks), Server(log, tasks)
        await other.clock.measure()
        await dying.start()
        await dying.move(3)
        dying.computer.stop()
        await asyncio.sleep(3)
        began.append(asyncio.get_running_loop().time())
        await other.handler.load(GAME)
        await asyncio.sleep(1)
        assert other.thoughts[0] > 1.0, "late as it is, it thinks as long as usual"

    began: list[float] = []
    [(move, waited)] = answers(played(play))
    assert 3.0 < waited < 3.3
    [(usual, _)] = answers(played(lambda log, tasks: _one_move(log, tasks)))
    assert move.data["column"] == usual.data["column"]
    assert move.metadata.command_id == usual.metadata.command_id


async def _one_move(log: Log, tasks: Tasks) -> None:
    server = Server(log, tasks)
    await server.start()
    await server.move(3)


def test_a_draw_is_declined_and_the_move_comes_all_the_same() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start()
        await server.move(3)
        await asyncio.sleep(2)
        await server.move(3)
        await server.give(OfferDraw(player=ADA))

    assert types(played(play))[-4:] == ["MoveMade", "DrawOffered", "DrawDeclined", "MoveMade"]


def test_a_move_is_taken_back_when_it_is_asked_for() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start()
        await server.move(3)
        await asyncio.sleep(2)
        await server.give(OfferTakeback(player=ADA, at=server.clock.now()))
        await asyncio.sleep(2)
        await server.move(3)

    events = played(play)
    assert types(events)[-6:] == [
        *["MoveMade"] * 2,
        "TakebackOffered",
        "MovesTakenBack",
        *["MoveMade"] * 2,
    ]
    one, two = (move.data["column"] for move, _ in answers(events))
    assert one == two, "the same position again"


def test_a_rematch_is_accepted() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start()
        await server.give(Resign(player=ADA))
        await server.give(OfferRematch(player=ADA, game=rematch_id(GAME)))

    events = played(play)
    assert types(events)[-2:] == ["RematchOffered", "RematchAccepted"]
    assert events[-1].data["game"] == str(rematch_id(GAME))


@pytest.mark.parametrize("initial", [10, 20, 180])
def test_with_a_clock_its_time_suffices(initial: int) -> None:
    """Ada answers at once, in an order of columns that leads nowhere fast."""

    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks, thinking=60)
        await server.start(clock=Clock(initial=initial, increment=0), level="medium")
        while (game := await server.handler.load(GAME)).next:
            if game.next is Seat.YELLOW:
                room = [column for column in range(7) if game.board.has_room(column)]
                await server.move(choose(game.columns, Level.MEDIUM, 5, 400).column if room else 0)
            await asyncio.sleep(0.05)

    events = played(play)
    assert events[-1].data["by"] in ("four", "board_full")
    assert len(answers(events)) > 8
    assert min(event.data["remaining_ms"] for event, _ in answers(events)) > 500


def test_it_moves_when_the_database_is_back_and_when_somebody_can_think_again() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        server.unable = 1
        await server.start()
        await server.move(3)
        server.store.away = True
        await asyncio.sleep(8)
        assert len(log.streams[StreamId(GAME)]) == 5
        server.store.away = False

    events = played(play)
    assert len(answers(events)) == 1


def test_a_fork_in_which_it_is_to_move_begins_with_its_move() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        await Server(log, tasks).start(opening="4")

    [(move, waited)] = answers(played(play))
    assert (move.version, PAUSES[0] <= waited <= 1.5) == (5, True)


def test_a_level_of_a_newer_release_is_left_to_it() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(level="unbeatable")
        await server.move(3)
        assert not server.thoughts

    assert not answers(played(play))
