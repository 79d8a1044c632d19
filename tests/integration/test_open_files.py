"""With few open files permitted clients are refused before this server lacks any for itself."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import websockets

from tests.integration.test_database_away import until_accepted
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE, Api, client
from tests.support.serving import Command, command

FILES = 256


@pytest.fixture
async def few_files(cluster: Cluster, database: str) -> AsyncIterator[tuple[Command, Api]]:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url}
    with command({**environment, "SOCKETS_PER_ADDRESS": "10000"}, open_files=FILES) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        async with client(url) as http:
            yield server, Api(url, http)


async def cut_off(cluster: Cluster, database: str) -> None:
    """Have the server connect to its database anew."""
    name = urlsplit(database).path.removeprefix("/")
    await cluster.admin(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608
    )


async def test_as_many_sockets_as_files_allow_leave_enough_for_the_database(
    few_files: tuple[Command, Api], cluster: Cluster, database: str
) -> None:
    server, api = few_files
    [line] = [line for line in server.output.splitlines() if "too few open files for MAX_SOCKETS" in line]
    assert f"max_sockets=10000 files_needed=10064 files_permitted={FILES}" in line
    served = int(re.findall(r"sockets_served=(\d+)", line)[0])
    game, yellow, red = await api.start()
    async with contextlib.AsyncExitStack() as stack:
        ada = await stack.enter_async_context(api.seated(game, yellow))
        grace = await stack.enter_async_context(api.seated(game, red))
        refused, watching = set[int](), 0
        for _ in range(FILES):
            try:
                # It goes on reading what it is told of the others: who does not is cut off, and makes room.
                socket = await stack.enter_async_context(api.connect(game, max_queue=None))
                await socket.hear("welcome")
                watching += 1
            except websockets.ConnectionClosed as closed:
                refused.add(closed.rcvd.code if closed.rcvd else 0)
            except websockets.InvalidStatus as answer:  # where many of those before are not gone yet
                refused.add(answer.response.status_code)
        assert watching == served - 2
        assert 1013 in refused <= {1013, 503}
        await cut_off(cluster, database)
        for player, column in ((ada, 3), (grace, 4)):
            await until_accepted(player, uuid4(), column)


async def test_connections_that_ask_nothing_leave_enough_for_the_database(
    few_files: tuple[Command, Api], cluster: Cluster, database: str
) -> None:
    _, api = few_files
    await api.start()
    address = urlsplit(api.url)
    assert address.hostname
    assert address.port
    silent = []
    with contextlib.ExitStack() as stack:
        for _ in range(FILES + 50):
            connection = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            connection.settimeout(PATIENCE)
            silent.append(connection)
        assert silent[-1].recv(1024).startswith(b"HTTP/1.1 503 ")
        await cut_off(cluster, database)
        async with asyncio.timeout(PATIENCE):  # on a connection that was made before
            while (answer := await api.http.post("/api/games")).status_code == 503:
                pass  # what was under way when its connection was cut has no known outcome
        assert answer.status_code == 201, answer.text
        figures = (await api.http.get("/metrics")).text
        assert 'connect4_limit_hits_total{limit="open_files"} 0.0' not in figures
