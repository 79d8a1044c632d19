"""The proxies that break connections and lose publishes."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from tests.faults.bell import Bell, Commands
from tests.faults.links import Link, Manner, Proxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def linked() -> AsyncIterator[tuple[Streams, Streams, Link]]:
    """A client and a server connected through a proxy, and the link between them."""
    arrived: asyncio.Queue[Streams] = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: arrived.put_nowait(streams), "127.0.0.1", 0)
    unreachable, backend = ("127.0.0.1", 1), ("127.0.0.1", server.sockets[0].getsockname()[1])
    async with server, Proxy([unreachable, backend], random.Random(1)).listening() as proxy:
        client = await asyncio.open_connection("127.0.0.1", proxy.port)
        served = await arrived.get()
        [link] = proxy.links
        yield client, served, link
        for _, writer in (client, served):
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def test_both_ways_are_carried_and_an_end_is_too() -> None:
    async with linked() as (client, server, _):
        client[1].write(b"question")
        assert await server[0].readexactly(8) == b"question"
        server[1].write(b"answer")
        assert await client[0].readexactly(6) == b"answer"
        server[1].close()
        assert await client[0].read() == b""


@pytest.mark.parametrize("manner", [Manner.DELAYED, Manner.TRICKLED])
async def test_what_is_late_comes_whole_and_in_order(manner: Manner) -> None:
    async with linked() as (client, server, link):
        link.set(manner)
        server[1].write(b"first " * 400)
        await server[1].drain()
        while not link.is_late:
            await asyncio.sleep(0.01)
        link.set(Manner.PLAIN)
        server[1].write(b"second")
        assert await client[0].readexactly(2406) == b"first " * 400 + b"second"


async def test_a_frozen_link_carries_on_where_it_stopped() -> None:
    async with linked() as (client, server, link):
        link.set(Manner.FROZEN)
        server[1].write(b"later")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client[0].readexactly(1)
        link.set(Manner.PLAIN)
        assert await client[0].readexactly(5) == b"later"


async def test_a_link_is_cut_in_the_middle_of_what_comes_next() -> None:
    async with linked() as (client, server, link):
        link.set(Manner.CUT)
        server[1].write(b"halfhalf")
        assert await client[0].readexactly(4) == b"half"
        with contextlib.suppress(ConnectionError):
            assert await client[0].read() == b""


async def test_a_reset_is_felt_as_one() -> None:
    async with linked() as (client, _, link):
        link.reset()
        with pytest.raises(ConnectionResetError):
            await client[0].read()


def resp(*arguments: bytes) -> bytes:
    return b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%b\r\n" % (len(a), a) for a in arguments)


def test_what_is_published_goes_where_nobody_listens() -> None:
    bell = Bell("unused", random.Random(1))
    publishing = resp(b"EVAL", b"script", b"0", b"one", b"other", b"*1\r\n", b"other")
    said = resp(b"HELLO", b"3") + publishing + resp(b"SUBSCRIBE", b"one")
    assert Commands(bell).feed(said) == said
    bell.share = 1
    lost = said.replace(b"$3\r\none", b"$3\r\n---", 1).replace(b"$5\r\nother", b"$5\r\n-----", 1)
    assert Commands(bell).feed(said) == lost
    assert (bell.published, bell.lost) == (4, 2)


def test_a_command_that_comes_in_pieces_is_sent_on_whole() -> None:
    commands = Commands(Bell("unused", random.Random(1)))
    said = resp(b"PUBLISH", b"game", b"x" * 20)
    passed = [commands.feed(said[at : at + 1]) for at in range(len(said))]
    assert passed == [b""] * (len(said) - 1) + [said]
