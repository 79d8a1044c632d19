"""Who is at a game, counted over servers that may come, go and die."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from operator import call
from uuid import UUID

import pytest

from server.delivery import presence as presence_module
from server.delivery.hub import Hub
from server.delivery.outbox import Outbox
from server.delivery.presence import EXPIRY, Presence
from server.game.board import Seat
from server.game.commands import Away
from server.game.events import GameId
from server.tasks import Tasks
from server.wire.frame import Frame
from tests.support.memory_players import no_names
from tests.support.memory_store import MemoryStore
from tests.support.player import PATIENCE
from tests.support.scenario import after

GAME = GameId(UUID(int=1))


class Server:
    """One server's presence, and what a subscriber of GAME is told there."""

    def __init__(self, name: str, network: "list[Server]", tasks: Tasks) -> None:
        self.now = 0.0
        self.hub, self.outbox = Hub(MemoryStore(), no_names(), tasks, call), Outbox()
        self.filled = asyncio.Event()
        self.outbox.filled = self.filled.set
        self.hears = True
        self.presence = Presence(
            self.hub,
            self._publish,
            name,
            clock=lambda: self.now,
            now=lambda: after(self.now),
            hears=lambda: self.hears,
            claim_at=lambda game, seat, away: away.since + timedelta(seconds=40),
        )
        self.network, self.alive = network, True
        network.append(self)

    @contextlib.contextmanager
    def at(self, seat: Seat | None) -> Iterator[None]:
        """Count one socket while the context lasts."""
        self.presence.come(GAME, seat)
        try:
            yield
        finally:
            self.presence.leave(GAME, seat)

    async def pass_time(self, until: float) -> None:
        """Have time pass, with all the heartbeats in it."""
        async with asyncio.timeout(PATIENCE):
            while self.now < until or self.presence._beat_at < self.now:
                if self.presence._beat_at == self.now:
                    self.now = min(self.now + 5, until)
                await asyncio.sleep(0.001)

    def _publish(self, game: GameId, payload: bytes) -> None:
        for server in self.network:
            if server.alive and self.alive:
                server.presence.heard(game, payload)

    async def told(self, spectators: int, connected: list[str], lag: dict[str, int] | None = None) -> None:
        """Wait until the subscriber has been told this."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.filled.wait()
                self.filled.clear()
                frame = self.outbox.pop()
                if isinstance(frame, Frame):
                    said = json.loads(frame.text)
                    if (said["spectators"], said["connected"], said.get("lag")) == (
                        spectators,
                        connected,
                        lag,
                    ):
                        return


@pytest.fixture
async def servers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Server, Server]]:
    monkeypatch.setattr(presence_module, "BATCH", 0.0)
    monkeypatch.setattr(presence_module, "HEARTBEAT", 0.01)
    network: list[Server] = []
    async with Tasks() as tasks:
        one, two = Server("one", network, tasks), Server("two", network, tasks)
        running = [tasks.create_task(server.presence.run()) for server in (one, two)]
        with contextlib.ExitStack() as stack:
            for server in (one, two):
                stack.enter_context(server.hub.subscribe(GAME, server.outbox))
            yield one, two
        for task in running:
            task.cancel()


async def test_both_servers_tell_the_sum(servers: tuple[Server, Server]) -> None:
    one, two = servers
    with one.at(Seat.YELLOW), two.at(None), two.at(None):
        for server in servers:
            await server.told(2, ["yellow"])
        with two.at(Seat.RED):
            await one.told(2, ["yellow", "red"])
        await one.told(2, ["yellow"])


async def test_a_spectator_who_takes_a_seat_is_counted_at_it_alone(servers: tuple[Server, Server]) -> None:
    one, two = servers
    with two.at(None):
        one.presence.come(GAME, None, lambda: 0.02)
        for server in servers:
            await server.told(2, [])
        one.presence.take_seat(GAME, Seat.RED, lambda: 0.02)
        for server in servers:
            await server.told(1, ["red"], {"red": 20})


async def test_how_long_players_take_to_answer_is_told_in_steps(servers: tuple[Server, Server]) -> None:
    one, two = servers
    taken: dict[str, float | None] = {"yellow": None, "red": 9.0}
    one.presence.come(GAME, Seat.YELLOW, lambda: taken["yellow"])

    def red() -> float | None:
        return taken["red"]

    two.presence.come(GAME, Seat.RED, red)
    for server in servers:
        await server.told(0, ["yellow", "red"], {"red": 5000})
    taken["yellow"] = 0.012
    for server in servers:
        await server.told(0, ["yellow", "red"], {"yellow": 20, "red": 5000})
    two.presence.leave(GAME, Seat.RED, red)
    for server in servers:
        await server.told(0, ["yellow"], {"yellow": 20})


async def test_a_server_that_begins_to_watch_asks_what_the_others_have(
    servers: tuple[Server, Server],
) -> None:
    one, two = servers
    with one.at(None):
        await one.told(1, [])
        with two.at(None):
            await two.told(2, [])


async def test_the_watchers_of_a_server_that_died_are_forgotten(servers: tuple[Server, Server]) -> None:
    one, two = servers
    with one.at(None), two.at(Seat.RED):
        await one.told(1, ["red"])
        two.alive = False
        one.now = EXPIRY + 1
        await one.told(1, [])


async def test_what_is_no_count_and_what_is_of_no_game_here_is_passed_over(
    servers: tuple[Server, Server],
) -> None:
    one, _ = servers
    for payload in (b"", b"{", b"[]", b'{"server":"x"}'):
        one.presence.heard(GAME, payload)
    one.presence.heard(GameId(UUID(int=9)), b'{"server":"x","spectators":1,"connected":[]}')
    with one.at(None):
        await one.told(1, [])


# Absence --------------------------------------------------------------------------------------------------


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("left", [False, True])
async def test_every_server_knows_since_when_a_player_is_away_and_whether_on_purpose(
    servers: tuple[Server, Server], left: bool
) -> None:
    one, two = servers
    with one.at(Seat.YELLOW):
        two.presence.come(GAME, Seat.RED)
        await one.told(0, ["yellow", "red"])
        one.now = two.now = 5.0
        assert one.presence.away(GAME, Seat.RED) is None
        two.presence.leave(GAME, Seat.RED, left=left)
        await one.told(0, ["yellow"])
        two.now = 99.0  # what counts is when it was
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(5), left=left)


async def test_a_player_who_comes_back_anywhere_is_not_away(servers: tuple[Server, Server]) -> None:
    one, two = servers
    with one.at(Seat.YELLOW):
        with one.at(Seat.RED):
            one.now = two.now = 5.0
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(5))
        with two.at(Seat.RED):
            await one.told(0, ["yellow", "red"])
            assert one.presence.away(GAME, Seat.RED) is None


async def test_a_server_that_has_only_begun_to_look_calls_nobody_away(servers: tuple[Server, Server]) -> None:
    one, _ = servers
    with one.at(Seat.YELLOW):
        one.now = 1.9
        assert one.presence.away(GAME, Seat.RED) is None
        one.now = 2.0
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(0))


async def test_a_server_that_begins_to_look_hears_since_when_a_player_is_away(
    servers: tuple[Server, Server],
) -> None:
    one, two = servers
    with one.at(None):
        with one.at(Seat.RED):
            one.now = two.now = 5.0
        for server in servers:
            await server.pass_time(20.0)
        with two.at(Seat.YELLOW):
            await two.told(1, ["yellow"])
            await two.pass_time(30.0)
            assert two.presence.away(GAME, Seat.RED) == Away(since=after(5))


async def test_a_reload_of_who_waits_does_not_begin_the_waiting_anew(servers: tuple[Server, Server]) -> None:
    one, two = servers
    with one.at(Seat.YELLOW), one.at(Seat.RED):
        one.now = two.now = 5.0
    await until(lambda: one.presence._rooms[GAME].empty_since is not None)
    one.now = 6.0
    with one.at(Seat.YELLOW):
        await one.pass_time(20.0)
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(5))
    await until(lambda: one.presence._rooms[GAME].empty_since is not None)
    one.now = 40.0
    await until(lambda: GAME not in one.presence._rooms)


async def test_a_server_that_hears_no_other_calls_nobody_away_and_begins_anew_when_it_does(
    servers: tuple[Server, Server],
) -> None:
    one, _ = servers
    with one.at(Seat.YELLOW):
        one.now = 5.0
        assert one.presence.away(GAME, Seat.RED)
        one.hears = False
        assert one.presence.away(GAME, Seat.RED) is None
        one.now = 10.0
        red = one.presence._rooms[GAME].absences
        await until(lambda: red.known()[Seat.RED].since == after(10))
        one.hears = True
        one.now = 13.0
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(10))


async def test_a_server_that_stood_still_calls_nobody_away_and_begins_anew(
    servers: tuple[Server, Server],
) -> None:
    one, _ = servers
    with one.at(Seat.YELLOW):
        await one.pass_time(5.0)
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(0))
        one.now = 99.0  # as where the process was stopped: a claim is read before anything else is heard
        assert one.presence.away(GAME, Seat.RED) is None
        await one.pass_time(102.0)
        assert one.presence.away(GAME, Seat.RED) == Away(since=after(99))


async def test_players_are_told_who_is_away_and_until_when(servers: tuple[Server, Server]) -> None:
    one, _ = servers
    with one.at(Seat.YELLOW):
        await one.told(0, ["yellow"])
        one.now = 5.0
        async with asyncio.timeout(PATIENCE):
            while True:
                await one.filled.wait()
                one.filled.clear()
                if isinstance(frame := one.outbox.pop(), Frame) and (
                    away := json.loads(frame.text).get("away")
                ):
                    break
    assert away == {"red": {"since": "2026-01-01T00:00:00Z", "claim_at": "2026-01-01T00:00:40Z"}}
