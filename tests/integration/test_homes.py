"""Homes: all connections of a game are served by one worker, whichever of them the kernel gave them to."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from operator import itemgetter
from pathlib import Path
from uuid import uuid4, uuid5

import asyncpg
import psutil
import pytest
import websockets

from server.serving import http as http_connection
from server.serving.homes import ranked
from server.store.credentials import new_token
from server.web.api import GAME_IDS
from tests.conftest import Serve
from tests.integration.test_command import children, until
from tests.integration.test_endings import HANDSHAKE, raw, until_cut_off
from tests.integration.test_playing import YELLOW_WINS, play
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE, UNHURRIED, Api, Json, Socket, client
from tests.support.serving import Command, command

GAMES = 12
"""Number of games at a time: with as many no worker is left without one."""
KILLED_AT = 5
"""Number of moves after which a worker ends."""


@pytest.fixture
def homes() -> Iterator[Path]:
    """A folder with a short path, for the sockets of workers."""
    with tempfile.TemporaryDirectory(prefix="homes-", dir="/tmp") as folder:
        yield Path(folder)


@contextlib.asynccontextmanager
async def two(serve: Serve, homes: Path) -> AsyncIterator[tuple[Api, Api]]:
    """Two servers in this process that are workers to each other, each at an address of its own."""
    async with (
        serve(home_socket=homes / "0", homes=2) as one,
        serve(home_socket=homes / "1", homes=2) as other,
    ):
        yield one, other


async def sockets_of(api: Api) -> tuple[int, int]:
    """The number of sockets of a server, and of connections that it has passed on."""
    async with client(api.url) as http:
        figures = dict(line.rsplit(" ", 1) for line in (await http.get("/metrics")).text.splitlines())
    return (
        int(float(figures["connect4_sockets"])),
        int(float(figures["connect4_connections_passed_on_total"])),
    )


async def until_sockets(api: Api, sockets: int, passed_on: int) -> None:
    """Return when `sockets_of` a server are these: that one has ended is noticed a moment later."""
    async with asyncio.timeout(PATIENCE):
        while await sockets_of(api) != (sockets, passed_on):
            await asyncio.sleep(0.01)


async def created(api: Api, home: int) -> Json:
    """A game that is at home at this place."""
    while True:
        id = uuid4()
        if ranked(str(uuid5(GAME_IDS, str(id))).encode(), range(2))[0] == home:
            return await api.create(id=str(id), token=new_token())


async def test_a_game_is_served_at_home_wherever_its_sockets_were_accepted(serve: Serve, homes: Path) -> None:
    async with two(serve, homes) as (one, other):
        game = await created(other, home=0)
        joined = await other.join(game["game"])
        async with (
            other.seated(game["game"], game["token"]) as ada,
            one.seated(game["game"], joined["token"]) as grace,
            other.connect(game["game"]) as watching,
        ):
            await play((ada, grace), YELLOW_WINS)
            await watching.hear_version(12)
            assert watching.events == await one.log(game["game"])
            assert await sockets_of(one) == (3, 0)
            assert await sockets_of(other) == (0, 2)


async def test_what_is_no_socket_of_a_game_stays_where_it_was_accepted(serve: Serve, homes: Path) -> None:
    async with two(serve, homes) as (_, other):
        for _ in range(4):
            game, _, _ = await other.start()
            await other.state(game)
        async with websockets.connect(other.url.replace("http", "ws") + "/ws/lobby", **UNHURRIED):
            assert await sockets_of(other) == (0, 0)


async def test_a_socket_may_begin_on_a_connection_that_was_kept(serve: Serve, homes: Path) -> None:
    """As a proxy may have it."""
    async with two(serve, homes) as (one, other):
        game = (await created(one, home=0))["game"]
        async with raw(other) as (reader, writer):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"live" in await reader.readuntil(b"live\n")
            writer.write(HANDSHAKE.format(game).encode())
            assert b"101" in await reader.readuntil(b"\r\n")
            assert (await sockets_of(one), await sockets_of(other)) == ((1, 0), (0, 1))


async def test_a_game_whose_home_is_gone_is_served_here(serve: Serve, homes: Path) -> None:
    async with serve(home_socket=homes / "0", homes=2) as here:
        async with serve(home_socket=homes / "1", homes=2) as home:
            game, yellow = itemgetter("game", "token")(await created(home, home=1))
            red = (await home.join(game))["token"]
            async with here.seated(game, yellow) as ada:
                await ada.move(3)
            assert await sockets_of(here) == (0, 1)
        async with here.seated(game, yellow) as ada, here.seated(game, red) as grace:
            assert (await grace.move(3))["type"] == "accepted"
            await ada.hear_version(6)
        await until_sockets(here, 0, 1)


async def test_a_first_line_in_pieces_is_served_where_it_comes(serve: Serve, homes: Path) -> None:
    async with two(serve, homes) as (one, other):
        game = (await created(one, home=0))["game"]
        async with raw(other) as (reader, writer):
            for byte in HANDSHAKE.format(game).encode():
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
            assert b"101" in await reader.readuntil(b"\r\n")
            assert await sockets_of(other) == (1, 0)


async def test_a_head_whose_rest_comes_later_is_read_to_its_end_at_home(serve: Serve, homes: Path) -> None:
    async with two(serve, homes) as (one, other):
        game = (await created(one, home=0))["game"]
        line, rest = HANDSHAKE.format(game).encode().split(b"\r\n", 1)
        async with raw(other) as (reader, writer):
            writer.write(line + b"\r\n")
            await until_sockets(other, 0, 1)
            writer.write(rest)
            assert b"101" in await reader.readuntil(b"\r\n")
            assert await sockets_of(one) == (1, 0)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("sent", [b"", b"GET /ws/games/", "line"])
async def test_who_says_no_more_is_cut_off_wherever_it_is(
    serve: Serve, homes: Path, sent: bytes | str
) -> None:
    async with two(serve, homes) as (one, other):
        if isinstance(sent, str):
            sent = HANDSHAKE.format((await created(one, home=0))["game"]).encode().split(b"\r\n")[0] + b"\r\n"
        async with raw(other) as (reader, writer):
            writer.write(sent)
            assert await until_cut_off(reader) == b""


async def test_a_first_line_without_end_is_refused_where_it_comes(
    serve: Serve, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", 10 * PATIENCE)
    async with two(serve, homes) as (one, other):
        game = (await created(one, home=0))["game"]
        async with raw(other) as (reader, writer):
            writer.write(
                b"GET /ws/games/%b?after=%b" % (game.encode(), b"0" * 2 * http_connection.REQUEST_SIZE)
            )
            assert (await until_cut_off(reader)).startswith(b"HTTP/1.1 431 ")


CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'connect4%'"
)


def workers_of(server: Command) -> dict[int, int]:
    """The id of the worker that has the other end of each connection, by the port of this end."""
    return {
        connection.raddr.port: worker.pid
        for worker in children(server)
        for connection in worker.net_connections()
        if connection.raddr
    }


class Seated:
    """A game whose players and a spectator connect again, as browsers do, whenever their socket ends."""

    def __init__(self, api: Api, game: str, tokens: tuple[str, str]) -> None:
        self._api, self._game, self._tokens = api, game, tokens
        self._stack = contextlib.AsyncExitStack()
        self.sockets: list[Socket] = []

    async def connect(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self._connect()
                    return
                except (OSError, websockets.WebSocketException):
                    await asyncio.sleep(0.05)

    async def _connect(self) -> None:
        await self._stack.aclose()
        self.sockets = [await self._stack.enter_async_context(self._api.connect(self._game)) for _ in "abc"]
        for socket, token in zip(self.sockets, self._tokens, strict=False):
            await socket.authenticate(token)

    async def move(self, number: int) -> None:
        """Make the move of this number, whatever happens to the sockets."""
        id = f"00000000-0000-4000-8000-{number:012}"
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    answer = await self.sockets[number % 2].move(int(YELLOW_WINS[number]), id=id)
                    assert answer["type"] == "accepted", answer
                    return
                except websockets.ConnectionClosed:
                    await self.connect()

    async def end(self) -> None:
        """Return when all have the whole log."""
        log = await self._api.log(self._game)
        assert [event["type"] for event in log].count("MoveMade") == len(YELLOW_WINS), log
        for socket in self.sockets:
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.hear_version(len(log))
                assert socket.events == log
        await self._stack.aclose()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "drained"])
async def test_sockets_of_a_game_meet_at_its_home_and_go_on_elsewhere_where_that_ends(
    cluster: Cluster, database: str, superuser: asyncpg.Connection, by: signal.Signals
) -> None:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url}
    with command({**environment, "WORKERS": "3", "DATABASE_CONNECTIONS": "10"}) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        for _ in range(2):
            await asyncio.to_thread(server.wait_for_address)
        async with client(url, timeout=PATIENCE) as http:
            api = Api(url, http)
            games = []
            for _ in range(GAMES):
                game, yellow, red = await api.start()
                games.append(Seated(api, game, (yellow, red)))
            for seated in games:
                await seated.connect()
            served_by = await asyncio.to_thread(workers_of, server)
            homes = [
                {served_by[socket.connection.local_address[1]] for socket in seated.sockets}
                for seated in games
            ]
            assert all(len(home) == 1 for home in homes), homes
            assert len(set.union(*homes)) > 1
            workers = {worker.pid for worker in children(server)}
            for number in range(len(YELLOW_WINS)):
                if number == KILLED_AT:
                    [victim] = homes[0]
                    psutil.Process(victim).send_signal(by)
                await asyncio.gather(*(seated.move(number) for seated in games))
            for seated in games:
                await seated.end()
            async with asyncio.timeout(PATIENCE):
                while await superuser.fetchval(CONNECTIONS) > 9:  # those of who ended are gone in a moment
                    await asyncio.sleep(0.05)
            assert await superuser.fetchval(CONNECTIONS) > 3, "three for each worker"
            await until(lambda: len({worker.pid for worker in children(server)} - workers) == 1)
        assert await asyncio.to_thread(server.end) == 0
    assert "Traceback" not in server.output
