"""A player of a game with a clock, in virtual time: what is given back, and what is not."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec

from server.errors import NotSent
from server.game.board import Seat
from server.game.clock import GRACE as GRACE_TIME
from server.game.clock import Downtime
from server.game.commands import Create, Join
from server.game.events import Clock, GameId, PlayerId
from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.services import Services
from server.sockets.participant import Participant
from server.store.database_clock import DatabaseClock
from server.store.event_store import EMPTY
from server.store.heartbeat import Heartbeat
from server.wire.from_client import Authenticate, ClaimTimeoutMessage, MoveMessage
from tests.support.memory_players import no_names
from tests.support.memory_store import Log, MemoryStore
from tests.support.scenario import ADA, BEGAN, GRACE, after

GAME = GameId(UUID(int=100))


class Table:
    """A game with ten seconds each, in which both have moved, and its players at one server."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lag = 0.0
        self.downtimes: tuple[Downtime, ...] = ()
        self.away = False
        store = MemoryStore()
        store.log = Log(lambda: after(self.now))
        handler = Handler(store, no_names(), GameCache(store), lambda commit: None, "one", Metrics())
        clock = DatabaseClock(self._read, lambda: self.now)
        self.services = cast(
            Services,
            SimpleNamespace(
                handler=handler,
                clock=clock,
                credentials=self,
                heartbeat=Heartbeat(self._beat, lambda: self.now),
                metrics=Metrics(),
                hub=SimpleNamespace(head=lambda game: EMPTY),  # nobody watches: the log is asked
                presence=SimpleNamespace(lag=lambda game, seat: self.lag),
            ),
        )

    async def _read(self) -> Any:
        return after(self.now)

    async def _beat(self) -> tuple[Downtime, ...]:
        if self.away:
            raise NotSent
        return self.downtimes

    async def player(self, game: GameId, token: str) -> PlayerId:
        return {"ada": ADA, "grace": GRACE}[token]

    async def start(self) -> tuple[Participant, Participant]:
        await self.services.clock.measure()
        terms = Clock(initial=10, increment=0)
        handle = self.services.handler.handle
        await handle(GAME, Create(player=ADA, name="Ada", seat=Seat.YELLOW, clock=terms), uuid4())
        await handle(GAME, Join(player=GRACE, name="Grace"), uuid4())
        players = [Participant(GAME, self.services, lambda: self.lag) for _ in range(2)]
        for player, token in zip(players, ("ada", "grace"), strict=True):
            await player.carry_out(Authenticate(token), None)
            assert (await self.move(player))["type"] == "accepted"
        return players[0], players[1]

    async def move(self, player: Participant, arrived: float | None = None) -> dict[str, Any]:
        """The answer to a move that arrived now, or then."""
        frame = await player.carry_out(MoveMessage(uuid4(), 3), self.now if arrived is None else arrived)
        return dict(msgspec.json.decode(frame.text))

    async def claim(self, player: Participant) -> dict[str, Any]:
        """The answer to a claim, which arrives now, that the opponent's time is up."""
        return dict(
            msgspec.json.decode((await player.carry_out(ClaimTimeoutMessage(uuid4()), self.now)).text)
        )

    async def last_move(self) -> dict[str, Any]:
        game = await self.services.handler.load(GAME)
        assert game.clocks
        return {seat: game.clocks.side(seat).remaining_ms for seat in Seat}


async def test_what_counts_is_the_arrival_and_not_what_was_waited_for_after_it() -> None:
    table = Table()
    ada, _ = await table.start()
    table.now = 12.0
    assert (await table.move(ada, arrived=4.0))["type"] == "accepted"
    assert (await table.last_move())["yellow"] == 6_000


async def test_the_lag_of_the_servers_own_pings_is_given_back() -> None:
    table = Table()
    ada, _ = await table.start()
    table.now, table.lag = 4.0, 0.15
    await table.move(ada)
    assert (await table.last_move())["yellow"] == 6_150


async def test_a_claim_leaves_a_move_that_arrived_in_time_the_moment_until_it_is_recorded() -> None:
    table = Table()
    ada, grace = await table.start()
    table.now = 10.0 + GRACE_TIME.total_seconds() - 0.001
    assert (await table.claim(grace))["code"] == "not_yet"
    assert (await table.move(ada, arrived=9.999))["type"] == "accepted"
    table.now += 10.0 + GRACE_TIME.total_seconds()
    assert (await table.claim(ada))["type"] == "accepted"


async def test_a_move_after_a_downtime_of_which_the_server_did_not_know_is_not_too_late() -> None:
    table = Table()
    ada, grace = await table.start()
    table.now = 60.0
    assert (await table.move(ada))["code"] == "too_late"
    table.downtimes = (Downtime(BEGAN + timedelta(seconds=2), BEGAN + timedelta(seconds=59)),)
    assert (await table.move(ada))["type"] == "accepted"
    assert (await table.last_move())["yellow"] == 7_000
    table.now = 61.0
    assert (await table.move(grace))["type"] == "accepted"
    assert (await table.last_move())["red"] == 9_000, "it was not in Grace's turn"


async def test_the_first_move_after_a_downtime_gets_it_back_though_no_beat_has_told_of_it_yet() -> None:
    table = Table()
    ada, grace = await table.start()
    table.now = 8.0
    table.downtimes = (Downtime(BEGAN + timedelta(seconds=1), BEGAN + timedelta(seconds=7)),)
    assert (await table.move(ada))["type"] == "accepted"
    assert (await table.last_move())["yellow"] == 8_000
    assert (await table.move(grace))["type"] == "accepted"
    assert (await table.last_move())["red"] == 10_000


async def test_a_move_that_is_too_late_stays_so_where_no_unknown_downtime_is_possible() -> None:
    table = Table()
    ada, _ = await table.start()
    table.now = 60.0
    assert (await table.move(ada))["code"] == "too_late"
    table.now, table.away = 62.0, True
    assert (await table.move(ada))["code"] == "too_late"


async def test_while_nobody_can_tell_of_a_downtime_a_move_is_neither_taken_nor_too_late() -> None:
    table = Table()
    ada, _ = await table.start()
    table.now, table.away = 60.0, True
    assert (await table.move(ada))["code"] == "unavailable"
    table.downtimes = (Downtime(BEGAN + timedelta(seconds=2), BEGAN + timedelta(seconds=59)),)
    table.away = False
    assert (await table.move(ada))["type"] == "accepted"
