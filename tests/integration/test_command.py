"""The `connect4` command as people run it: it ends what it starts, and says in a sentence what it cannot."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import websockets

from server.serving import server as server_serving
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE, Api, Socket, client
from tests.support.serving import Command, command


@contextlib.asynccontextmanager
async def playing(data_dir: Path, **environment: str) -> AsyncIterator[tuple[Command, Api]]:
    """A command with databases of its own, and a client of it."""
    with command({"PORT": "0", "DATA_DIR": data_dir, **environment}) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        async with client(url) as http:
            yield server, Api(url, http)


def children(server: Command) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    """True if none of them runs any more; one that nobody has reaped yet does not."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                return False
    return True


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_all_that_was_started_and_the_games_are_there_again(
    tmp_path: Path, by: signal.Signals
) -> None:
    async with playing(tmp_path) as (server, api):
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            assert (await ada.move(3))["type"] == "accepted"
            started = children(server)
            assert {"postgres", "valkey-server"} <= {process.name() for process in started}
            assert await asyncio.to_thread(server.end, by) == 0
    assert gone(started)
    assert "Traceback" not in server.output
    async with playing(tmp_path) as (server, api):
        assert (await api.state(game))["moves"] == "4"
        async with api.seated(game, yellow) as ada:
            await ada.hear_version(5)


async def test_after_a_kill_nothing_is_left_behind_and_the_games_are_there_again(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, api):
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            assert (await ada.move(3))["type"] == "accepted"
            started = children(server)
            await asyncio.to_thread(server.end, signal.SIGKILL)
    await until(lambda: gone(started))
    async with playing(tmp_path) as (server, api):
        assert (await api.state(game))["moves"] == "4"


async def test_a_restart_right_after_a_kill_waits_for_the_old_databases_to_end(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, api):
        game, _, _ = await api.start()
        old = children(server)
        await asyncio.to_thread(server.end, signal.SIGKILL)
    async with playing(tmp_path) as (server, api):
        assert (await api.state(game))["version"] == 4
        await until(lambda: gone(old))
        assert {"postgres", "valkey-server"} <= {process.name() for process in children(server)}


async def test_what_an_owner_left_running_is_ended_by_the_next_start(tmp_path: Path) -> None:
    """As where the kernel does not end the children of who was killed."""
    async with playing(tmp_path) as (server, _):
        [postmaster] = [process for process in children(server) if process.ppid() == server.process.pid
                        and process.name() == "postgres"]  # fmt: skip
        postmaster.send_signal(signal.SIGSTOP)  # it cannot hear that its parent died
        await asyncio.to_thread(server.end, signal.SIGKILL)
    timer = asyncio.get_running_loop().call_later(1, postmaster.send_signal, signal.SIGCONT)
    try:
        async with playing(tmp_path) as (server, api):
            await api.start()
        await until(lambda: gone([postmaster]))
    finally:
        timer.cancel()


async def test_with_urls_it_starts_no_database(cluster: Cluster, database: str, tmp_path: Path) -> None:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url}
    with command({**environment, "DATA_DIR": tmp_path / "unused"}) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        assert [p.name() for p in children(server) if "postgres" in p.name() or "valkey" in p.name()] == []
        async with client(url) as http:
            await Api(url, http).start()
        assert await asyncio.to_thread(server.end) == 0
    assert not (tmp_path / "unused").exists()


async def test_several_workers_are_one_server_and_one_that_dies_comes_back(
    cluster: Cluster, database: str
) -> None:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url, "WORKERS": "2"}
    with command(environment) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        async with client(url) as http:
            api = Api(url, http)
            await until(lambda: len(children(server)) == 2)
            moves = 0
            for _ in range(2):
                for _ in range(10):  # over both, as the kernel has it
                    game, yellow, red = await api.start()
                    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
                        await ada.move(3)
                        await grace.hear_version(5)
                        assert (await grace.move(3))["type"] == "accepted"
                        await ada.hear_version(6)
                    moves += 2
                figures = (await http.get("/metrics")).text
                accepted = 2 * moves  # for each two moves a game was created and joined
                assert f"connect4_commands_accepted_total {accepted}.0" in figures, figures
                if moves == 20:
                    killed = children(server)[0]
                    killed.kill()
                    await asyncio.to_thread(killed.wait, PATIENCE)
                    await until(lambda: len(children(server)) == 2)
        started = children(server)
        assert await asyncio.to_thread(server.end) == 0
    await until(lambda: gone(started))
    assert "a worker ended" in server.output
    assert "Traceback" not in server.output


async def test_workers_share_limits_and_one_that_is_killed_gives_back_what_it_held(
    cluster: Cluster, database: str
) -> None:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url, "WORKERS": "2"}
    limits = {"LIMIT_LOOPBACK": "1", "GAMES_PER_MINUTE": "2", "SOCKETS_PER_ADDRESS": "8"}
    with command({**environment, **limits}) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        await until(lambda: len(children(server)) == 2)
        clients = [client(url) for _ in range(10)]
        answers = await asyncio.gather(*(http.post("/api/games") for http in clients))
        game = next(answer.json()["game"] for answer in answers if answer.status_code == 201)
        for http in clients:
            await http.aclose()
        assert sorted(answer.status_code for answer in answers) == [201] * 2 + [429] * 8
        api = Api(url, clients[0])
        async with contextlib.AsyncExitStack() as stack:

            async def open_all() -> list[Socket]:
                """As many sockets as there may be."""
                opened = []
                while await is_open(socket := await stack.enter_async_context(api.connect(game))):
                    opened.append(socket)
                return opened

            sockets = await open_all()
            assert len(sockets) == 8
            busiest = max(children(server), key=lambda worker: len(worker.net_connections()))
            busiest.kill()
            await asyncio.to_thread(busiest.wait, PATIENCE)
            sockets = [socket for socket in sockets if await is_open(socket)]
            assert len(sockets) < 8
            async with asyncio.timeout(PATIENCE):
                while len(sockets) < 8:
                    sockets += await open_all()
            assert len(sockets) == 8
        assert await asyncio.to_thread(server.end) == 0
    assert "Traceback" not in server.output


async def is_open(socket: Socket) -> bool:
    try:
        await socket.send(type="ping")
        await socket.hear("pong")
    except websockets.ConnectionClosed:
        return False
    return True


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def refusal(**environment: object) -> str:
    """The one sentence with which the command ends at once."""
    with command({name: str(value) for name, value in environment.items()}) as server:
        output, _ = await asyncio.to_thread(server.process.communicate, timeout=PATIENCE)
        assert server.process.returncode == 1
    assert output.startswith("connect4: ")
    assert output.count("\n") == 1, output
    return output


async def test_a_port_in_use_is_said_to_be_so(tmp_path: Path, taken_port: int) -> None:
    said = await refusal(PORT=taken_port, DATA_DIR=tmp_path)
    assert f"Another program listens at 127.0.0.1 port {taken_port}" in said


async def test_an_address_that_is_not_ours_is_said_to_be_so(tmp_path: Path) -> None:
    assert "Cannot listen at 192.0.2.1 port 0" in await refusal(HOST="192.0.2.1", PORT=0, DATA_DIR=tmp_path)


async def test_a_host_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    said = await refusal(HOST="nowhere.invalid", PORT=0, DATA_DIR=tmp_path)
    assert said.startswith("connect4: Cannot listen at nowhere.invalid port 0: ")


async def test_a_data_folder_in_use_is_said_to_be_so(tmp_path: Path) -> None:
    async with playing(tmp_path):
        assert f"{tmp_path} is in use by another server" in await refusal(PORT=0, DATA_DIR=tmp_path)


async def test_a_data_folder_of_another_postgres_is_said_to_be_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, _):
        await asyncio.to_thread(server.end)
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    assert f"{tmp_path} is of PostgreSQL 17 and this is 18" in await refusal(PORT=0, DATA_DIR=tmp_path)


async def test_a_data_folder_that_cannot_be_made_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be used" in await refusal(PORT=0, DATA_DIR=tmp_path / "file" / "data")


async def test_a_database_that_is_away_is_said_to_be_so(cluster: Cluster, taken_port: int) -> None:
    for url in ("postgresql://127.0.0.1:1/none", "postgresql://nowhere.invalid/none"):
        said = await refusal(PORT=0, DATABASE_URL=url, REDIS_URL=cluster.redis_url)
        assert "The database of DATABASE_URL does not answer" in said


async def test_a_database_that_is_not_there_is_said_to_be_so(cluster: Cluster) -> None:
    said = await refusal(PORT=0, DATABASE_URL=cluster.url_of("nothing"), REDIS_URL=cluster.redis_url)
    assert 'database "nothing" does not exist' in said


async def test_a_database_of_a_newer_release_is_said_to_be_so(cluster: Cluster, database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("INSERT INTO migrations (number, name) VALUES (999, '0999_future.sql')")
    await connection.close()
    said = await refusal(PORT=0, DATABASE_URL=database, REDIS_URL=cluster.redis_url)
    assert "The database needs a newer release" in said


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("PORT", "http", "a port, 0 to 65535"),
        ("HOST", "http://localhost", "an address or a host name; the port is set by PORT"),
        ("ALLOWED_ORIGINS", "https://", "a list of origins such as https://game.example"),
    ],
)
async def test_a_setting_that_means_nothing_is_said_to_be_so(name: str, value: str, wanted: str) -> None:
    assert await refusal(**{name: value}) == f"connect4: {name}={value!r} is not {wanted}.\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
async def test_root_can_keep_its_data_in_a_folder_that_is_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with playing(closed / "data") as (_, api):
        await api.start()


async def test_a_data_folder_with_a_long_path_works_too(tmp_path: Path) -> None:
    async with playing(tmp_path / ("d" * 120)) as (_, api):
        await api.start()


def test_an_address_is_printed_as_a_browser_takes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert server_serving.address(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
