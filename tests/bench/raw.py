"""The three parts that every move needs, each by itself: a commit, a publish, an echo."""

import asyncio
from collections.abc import Awaitable, Callable
from statistics import median
from time import perf_counter
from typing import cast

import asyncpg
import redis.asyncio
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.bench.log import INSERT

FRAME = b'{"type":"move","id":"0b6f3a52-6c0c-4b3f-8f0e-2f6a1c9d4e22","column":3,"version":12}'


async def commit(url: str, seconds: float) -> float:
    """The p50 of a one-row commit through asyncpg, prepared, in seconds."""
    connection = await asyncpg.connect(url)
    try:
        statement = await connection.prepare(INSERT)
        return await _p50(statement.fetch, seconds)
    finally:
        await connection.close()


async def publish(url: str, seconds: float) -> float:
    """The p50 from a publish until a subscriber receives it, with redis-py on two connections, in seconds."""
    async with (
        redis.asyncio.Redis.from_url(url) as publisher,
        redis.asyncio.Redis.from_url(url) as client,
        client.pubsub() as subscriber,
    ):
        await subscriber.subscribe("bench")
        await subscriber.get_message(timeout=5)
        arrived: asyncio.Future[None]

        async def listen() -> None:
            async for _ in subscriber.listen():
                arrived.set_result(None)

        async def hop() -> None:
            nonlocal arrived
            arrived = asyncio.get_running_loop().create_future()
            await publisher.publish("bench", FRAME)
            await arrived

        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen())
            taken = await _p50(hop, seconds)
            listening.cancel()
        return taken


async def echo(url: str, seconds: float) -> float:
    """The p50 of the round trip of a frame to the echo at `url` (ws://…), in seconds."""
    _, listener = await ws_connect(_Echoed, f"{url}/echo", use_aiofastnet=False)
    echoed = cast(_Echoed, listener)
    try:
        return await _p50(echoed.send, seconds)
    finally:
        echoed.transport.disconnect()


class _Echoed(WSListener):
    transport: WSTransport

    async def send(self) -> None:
        self._back = asyncio.get_running_loop().create_future()
        self.transport.send(WSMsgType.TEXT, FRAME)
        await self._back

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._back.set_result(None)


async def _p50(once: Callable[[], Awaitable[object]], seconds: float) -> float:
    taken = []
    end = perf_counter() + seconds
    while (start := perf_counter()) < end:
        await once()
        taken.append(perf_counter() - start)
    return median(taken[len(taken) // 10 :])  # the first tenth is the warm-up
