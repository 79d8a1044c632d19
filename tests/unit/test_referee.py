"""The referee and its timer, in virtual time: every flag falls once, and no clock that goes on is touched."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.errors import NotSent
from server.game.board import Seat
from server.game.clock import Arrival, Downtime
from server.game.commands import Command, Create, Join, Move, Resign
from server.game.events import Clock, GameId
from server.game.rejected import Rejected
from server.game.state import Game
from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.processes.referee import REFEREE, Referee
from server.store.database_clock import DatabaseClock
from server.store.event_store import RecordedEvent, StreamId
from server.store.heartbeat import Heartbeat
from server.tasks import Tasks
from tests.support.memory_players import no_names
from tests.support.memory_store import Log
from tests.support.scenario import ADA, GRACE
from tests.support.virtual_time import Store, in_virtual_time

GAMES = [GameId(UUID(int=number)) for number in range(1, 40)]
GAME = GAMES[0]


class Server:
    """A server whose own clock is `ahead` of the database's, in seconds."""

    def __init__(self, log: Log, tasks: Tasks, ahead: float = 0.0) -> None:
        loop = asyncio.get_running_loop()
        self.store, self.lag = Store(log), 0.0

        async def read() -> datetime:
            return log.time()

        def on_known(game: Game, event: RecordedEvent) -> None:
            self.referee.react(game, event)

        self.clock = DatabaseClock(read, lambda: loop.time() + ahead)
        cache = GameCache(self.store, on_known=on_known)
        self.handler = Handler(self.store, no_names(), cache, lambda commit: None, "one", Metrics())
        self.downtimes: tuple[Downtime, ...] = ()
        self.beats = True

        async def beat() -> tuple[Downtime, ...]:
            if not self.beats:
                raise NotSent
            return self.downtimes

        heartbeat = Heartbeat(beat)
        self.referee = Referee(self.handler, self.clock, heartbeat, lambda game, seat: self.lag, tasks)

    async def give(self, command: Command, game: GameId = GAME) -> None:
        await self.handler.handle(game, command, uuid4())

    async def start(self, game: GameId = GAME, *columns: int, initial: int = 10) -> None:
        """A game with a clock, and moves in turn."""
        await self.clock.measure()
        clock = Clock(initial=initial, increment=0)
        await self.give(Create(player=ADA, name="Ada", seat=Seat.YELLOW, clock=clock), game)
        await self.give(Join(player=GRACE, name="Grace"), game)
        for number, column in enumerate(columns):
            await self.move(column, number, game)

    async def move(self, column: int, number: int, game: GameId = GAME) -> None:
        arrival = Arrival(at=self.clock.now(), lag_ms=round(self.lag * 1000))
        player = GRACE if number % 2 else ADA
        await self.give(Move(player=player, column=column, arrival=arrival), game)


def ending(log: Log, game: GameId = GAME) -> RecordedEvent:
    """The last event of a game, which is the only end that it has."""
    stream = log.streams[StreamId(game)]
    ends = [event for event in stream if event.type in ("GameFinished", "GameAborted")]
    assert ends == stream[-1:]
    return ends[0]


def late(log: Log, game: GameId = GAME, seconds: float = 10) -> float:
    """The time by which a flag fell too late, in seconds, where its player had so many left."""
    *_, before, end = log.streams[StreamId(game)]
    return (end.recorded_at - before.recorded_at).total_seconds() - seconds


def test_a_flag_falls_by_itself_and_says_who_did_it_and_why() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        await Server(log, tasks).start(GAME, 0, 1)
        await asyncio.sleep(11)

    log = in_virtual_time(play)
    end, moved = ending(log), log.streams[StreamId(GAME)][-2]
    assert end.data == {"result": "PLAYER_TWO_WON", "by": "timeout", "cells": []}
    assert (end.metadata.player, end.metadata.process) == (REFEREE.id, "referee")
    assert end.metadata.correlation_id == moved.metadata.correlation_id
    assert 0 < late(log) < 0.1


@pytest.mark.parametrize("moves", [0, 1])
def test_a_game_whose_first_move_does_not_come_is_aborted_after_thirty_seconds(moves: int) -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        await Server(log, tasks).start(GAME, *range(moves))
        await asyncio.sleep(31)

    log = in_virtual_time(play)
    assert ending(log).data["by"] == "no_first_move"
    assert 0 < late(log, seconds=30) < 0.1


@pytest.mark.parametrize("seed", range(10))
def test_two_servers_whose_clocks_differ_let_each_flag_fall_once(seed: int) -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        one, two = Server(log, tasks, ahead=-0.2), Server(log, tasks, ahead=0.2)
        await two.clock.measure()
        for number, game in enumerate(GAMES):
            await (one, two)[number % 2].start(game, 0, 1)
            await (two, one)[number % 2].handler.load(game)  # somebody watches there
        await asyncio.sleep(11)

    log = in_virtual_time(play, seed)
    for game in GAMES:
        assert ending(log, game).data["by"] == "timeout"
        assert 0 < late(log, game) < 0.1


def test_who_moves_in_time_goes_on() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(GAME, 0, 1)
        for number in range(2, 6):
            await asyncio.sleep(4.9)
            await server.move(number % 2, number)
        await server.give(Resign(player=ADA))
        await asyncio.sleep(60)

    assert ending(in_virtual_time(play)).data["by"] == "resignation"


def test_a_move_at_the_last_moment_that_waits_for_its_commit_counts() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(GAME, 0, 1)
        arrival = Arrival(at=server.clock.now() + timedelta(seconds=9.99))
        await asyncio.sleep(10.02)  # it waits in the server until then
        await server.give(Move(player=ADA, column=0, arrival=arrival))
        await server.give(Resign(player=GRACE))

    assert ending(in_virtual_time(play)).data["by"] == "resignation"


def test_the_flag_waits_for_lag_that_may_be_given_back() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        server.lag = 0.3
        await server.start(GAME, 0, 1)
        await asyncio.sleep(11)

    assert 0.3 < late(in_virtual_time(play)) < 0.4


def test_the_flag_falls_when_the_database_is_back() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(GAME, 0, 1)
        server.store.away = True
        await asyncio.sleep(20)
        server.store.away = False
        await asyncio.sleep(2)

    log = in_virtual_time(play)
    assert ending(log).data["by"] == "timeout"
    assert 10 < late(log) < 12


def test_the_flag_waits_for_downtime_that_is_given_back() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(GAME, 0, 1)
        now = server.clock.now()
        server.downtimes = (Downtime(now + timedelta(seconds=1), now + timedelta(seconds=6)),)
        await asyncio.sleep(16)

    assert 5 < late(in_virtual_time(play)) < 5.1


def test_the_flag_waits_while_nobody_can_tell_of_a_downtime() -> None:
    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(GAME, 0, 1)
        began = server.clock.now()
        server.beats = False
        await asyncio.sleep(12)
        server.downtimes = (Downtime(began + timedelta(seconds=1), began + timedelta(seconds=6)),)
        server.beats = True
        await asyncio.sleep(4)

    assert 5 < late(in_virtual_time(play)) < 5.1


def test_moves_do_not_fill_the_timer() -> None:
    counted: list[Any] = []

    async def play(log: Log, tasks: Tasks) -> None:
        server = Server(log, tasks)
        await server.start(GAME, initial=3600)
        for number in range(20):
            await server.move(number % 7, number)
        counted.append((len(server.referee._heap), len(server.referee._games)))
        with pytest.raises(Rejected):
            await server.give(Join(player=GRACE, name="Grace"))
        await server.give(Resign(player=ADA))
        counted.append(len(server.referee._games))
        server.referee.stop()

    in_virtual_time(play)
    assert counted == [(1, 1), 0]
