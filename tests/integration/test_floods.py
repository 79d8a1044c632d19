"""Connections that send without end: each is told so and cut off, and a game played meanwhile goes on."""

import asyncio
import gc
import weakref

import pytest

from server.serving import http as http_connection
from server.serving import server as serving
from server.serving import websocket as connections
from tests.conftest import Serve
from tests.integration.test_endings import HANDSHAKE, raw, until_cut_off
from tests.support.player import PATIENCE, Api

ENDLESS = {
    "headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-More: x\r\n" * 200),
    "long headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-More: %b\r\n" % (b"x" * 1000) * 30),
    "an address": (b"GET /", b"x" * 30_000),
}


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS)
async def test_a_request_without_end_is_refused_and_others_play_on(
    api: Api, monkeypatch: pytest.MonkeyPatch, begin: bytes, more: bytes
) -> None:
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", 10 * PATIENCE)
    game, yellow, _ = await api.start()
    async with api.seated(game, yellow) as ada, raw(api) as (reader, writer):
        writer.write(begin)
        await writer.drain()
        writer.write(more)
        assert (await ada.move(3))["type"] == "accepted"
        assert (await until_cut_off(reader)).startswith(b"HTTP/1.1 431 ")


async def test_of_requests_that_do_not_wait_for_an_answer_the_first_is_answered(api: Api) -> None:
    async with raw(api) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        told = await until_cut_off(reader)
        assert told.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close\r\n" in told
        assert told.count(b"HTTP/1.1") == told.count(b"live\n") == 1


EMPTY = b"\x80\0\0\0\0"
"""How a frame ends, behind its first byte, that has nothing in it and a mask of zero."""
FLOODS = {
    "pings": (b"\x89" + EMPTY) * 40_000,
    "pongs": (b"\x8a" + EMPTY) * 40_000,
    "pieces": b"\x01" + EMPTY + (b"\x00" + EMPTY) * 40_000,
    "a few pieces too many": b"\x01" + EMPTY + (b"\x00" + EMPTY) * (connections.MAX_PIECES + 1),
}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_who_sends_too_much_that_is_no_message_is_told_and_others_play_on(
    api: Api, flood: bytes
) -> None:
    game, yellow, _ = await api.start()
    async with api.seated(game, yellow) as ada, raw(api) as (reader, writer):
        writer.write(HANDSHAKE.format(game).encode())
        assert b"101" in await reader.readuntil(b"\r\n")
        writer.write(flood)
        assert (await ada.move(3))["type"] == "accepted"
        assert (1008).to_bytes(2, "big") + b"too many frames" in await until_cut_off(reader)


async def test_pings_at_an_even_pace_are_all_answered(api: Api) -> None:
    """A message in a few pieces, too, is none the worse for it."""
    game, _, _ = await api.start()
    async with api.connect(game) as socket:
        for _ in range(connections.CONTROL_BURST // 2):
            await (await socket.connection.ping())
        await socket.connection.send(['{"type":', '"ping",', '"t":', "7}"])
        await socket.hear("pong", t=7)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("at_once", [False, True], ids=["put in line", "taken at once"])
async def test_of_many_small_messages_few_are_taken_in_at_once_and_none_behind_the_close(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    waiting: list[int] = []

    class Watched(connections.WebSocketConnection):
        if not at_once:  # as before a session reads
            on_text = property(lambda self: None, lambda self, take: None)

        def _deliver(self, data: bytes, *, is_text: bool) -> None:
            super()._deliver(data, is_text=is_text)
            waiting.append(len(self._inbox.messages))

    monkeypatch.setattr(serving, "WebSocketConnection", Watched)
    async with serve() as api:
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada, raw(api) as (reader, writer):
            writer.write(HANDSHAKE.format(game).encode())
            assert b"101" in await reader.readuntil(b"\r\n")
            writer.write((b"\x81" + EMPTY) * 40_000)
            assert (await ada.move(3))["type"] == "accepted"
            assert (1008).to_bytes(2, "big") + b"too many bad messages" in await until_cut_off(reader)
    assert max(waiting) <= 1
    assert len(waiting) <= 3 * (connections.SLICE // 6 + 1)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("size", [connections.SLICE, serving.MAX_FRAME], ids=["a slice", "four slices"])
async def test_nothing_more_is_read_while_some_of_it_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    held: list[int] = []

    class Watched(connections.WebSocketConnection):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            held.append(len(self._held))

    monkeypatch.setattr(serving, "WebSocketConnection", Watched)
    binary = b"\x82\xfe" + size.to_bytes(2, "big") + bytes(4 + size)
    async with serve() as api:
        game, _, _ = await api.start()
        async with raw(api) as (reader, writer):
            writer.write(HANDSHAKE.format(game).encode())
            assert b"101" in await reader.readuntil(b"\r\n")
            writer.write(binary * 2000)
            assert b"too many bad messages" in await until_cut_off(reader)
    assert 0 < max(held) <= 256 * 1024 + connections.SLICE


ENDS = {
    "a close": b"\x88" + EMPTY,
    "a reserved opcode": b"\x83" + EMPTY,
    "a close that is none": b"\x88\x81" + bytes(5),
    "text that is no UTF-8": b"\x81\x81\0\0\0\0\xff",
    "a frame that is too large": b"\x82\xfe\xff\xff" + bytes(4),
    "too many frames": b"\x8a" + EMPTY * connections.CONTROL_BURST * 2,
}


@pytest.mark.usefixtures("hurried")
async def test_what_a_connection_was_is_gone_with_it_without_the_garbage_collector(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a thousand that are cut off at once, everybody would wait for it."""
    alive: weakref.WeakSet[object] = weakref.WeakSet()

    class Watched(connections.WebSocketConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            alive.add(self)
            alive.add(self._conn)

    class WatchedHttp(http_connection.HttpConnection):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            alive.add(self)

    monkeypatch.setattr(serving, "WebSocketConnection", Watched)
    monkeypatch.setattr(serving, "HttpConnection", WatchedHttp)
    async with serve() as api:
        game, yellow, _ = await api.start()
        gc.collect()
        gc.disable()
        try:
            before = len(alive)
            async with api.seated(game, yellow) as ada, api.connect(game) as eve, raw(api) as (_, writer):
                writer.write(b"GET /")
                assert (await ada.move(3))["type"] == "accepted"
                await eve.hear("events")
                assert len(alive) >= before + 5
            handshake = HANDSHAKE.format(game)
            for end in ENDS.values():
                async with raw(api) as (reader, writer):
                    writer.write(handshake.encode())
                    assert b"101" in await reader.readuntil(b"\r\n")
                    writer.write(end)
                    await until_cut_off(reader)
            for refused in (
                handshake.replace("Key: dGhl", "Key: ????"),
                handshake.replace("Version: 13", "Version: 12"),
                handshake.replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n"),
                handshake.replace("GET /", "GET /ü"),
            ):
                async with raw(api) as (reader, writer):
                    writer.write(refused.encode())
                    assert (await until_cut_off(reader)).startswith(b"HTTP/1.1 4")
            async with asyncio.timeout(PATIENCE):
                while len(alive) > before:
                    await asyncio.sleep(0.01)
        finally:
            gc.enable()


async def test_text_that_is_no_utf_8_is_told_so_even_where_a_close_follows_it(api: Api) -> None:
    game, _, _ = await api.start()
    for behind in (b"", b"\x88" + EMPTY):
        async with raw(api) as (reader, writer):
            writer.write(HANDSHAKE.format(game).encode())
            assert b"101" in await reader.readuntil(b"\r\n")
            await reader.readuntil(b'"welcome"')
            writer.write(b"\x81\x81\0\0\0\0\xff" + behind)
            told = await until_cut_off(reader)
            assert bool(behind) or (1007).to_bytes(2, "big") + b"no UTF-8" in told
