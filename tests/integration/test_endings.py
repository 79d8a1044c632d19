"""How connections end that do not behave, and how a server does."""

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets

from server.serving import server as serving
from tests.conftest import Serve
from tests.integration.test_command import playing
from tests.support.player import PATIENCE, Api

HALF_A_BODY = b"POST /api/games HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{"


class Patient(asyncio.StreamReader):
    """Gives what came before a reset, and then the end; asyncio's own forgets it."""

    def set_exception(self, exc: Exception) -> None:
        self.feed_eof()


@contextlib.asynccontextmanager
async def raw(api: Api, **options: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection to the server that does only what it is told."""
    address = urlsplit(api.url)
    assert address.hostname
    assert address.port
    plain = socket.create_connection((address.hostname, address.port))
    for name, value in options.items():
        plain.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    reader, loop = Patient(limit=1024), asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(
        lambda: asyncio.StreamReaderProtocol(reader), sock=plain
    )
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def until_cut_off(reader: asyncio.StreamReader) -> bytes:
    """All that is still told."""
    told = b""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(1024):
                told += some
    return told


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("begin", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", HALF_A_BODY])
async def test_a_request_that_does_not_come_to_its_end_is_cut_off(api: Api, begin: bytes) -> None:
    async with raw(api) as (reader, writer):
        writer.write(begin)
        await until_cut_off(reader)


@pytest.mark.usefixtures("hurried")
async def test_an_empty_line_does_not_keep_a_connection(api: Api) -> None:
    async with raw(api) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in await reader.readuntil(b"\r\n")
        await reader.readuntil(b"live\n")
        writer.write(b"\r\n")
        await until_cut_off(reader)


async def test_who_leaves_in_the_middle_of_a_body_is_no_error_of_ours(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    async with raw(api) as (_, writer):
        writer.write(HALF_A_BODY)
        await writer.drain()
        await api.http.get("/healthz")
    await api.http.get("/healthz")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.usefixtures("hurried")
async def test_a_second_request_on_a_connection_has_the_same_deadline(api: Api) -> None:
    async with raw(api) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in await reader.readuntil(b"\r\n")
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        await until_cut_off(reader)


HANDSHAKE = (
    "GET /ws/games/{} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PING = json.dumps({"type": "ping", "t": "x" * 3000}).encode()
FRAME = b"\x81\xfe" + len(PING).to_bytes(2, "big") + b"\0\0\0\0" + PING
BARE_PING = b"\x89\xfd" + b"\0\0\0\0" + b"x" * 125


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("frame", [FRAME, BARE_PING], ids=["ours", "of the protocol"])
async def test_who_pings_and_does_not_read_is_cut_off_and_others_play_on(serve: Serve, frame: bytes) -> None:
    async with serve() as api:
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            async with raw(api, SO_RCVBUF=4096) as (reader, writer):
                writer.write(HANDSHAKE.format(game).encode())
                assert b"101" in await reader.readuntil(b"\r\n")
                with contextlib.suppress(ConnectionError):
                    async with asyncio.timeout(PATIENCE):
                        while True:  # each is answered with as much, which nobody reads
                            writer.write(frame * 20)
                            await writer.drain()
                await until_only(api, sockets=1)
            assert (await ada.move(3))["type"] == "accepted"


async def test_who_does_not_answer_a_ping_is_closed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    assert serving.PING_INTERVAL + serving.PING_TIMEOUT <= 10
    monkeypatch.setattr(serving, "PING_INTERVAL", 0.1)
    monkeypatch.setattr(serving, "PING_TIMEOUT", 1.5)
    async with serve() as api:
        game, yellow, _ = await api.start()
        async with raw(api) as (reader, writer):
            writer.write(HANDSHAKE.format(game).encode())
            assert b"keepalive ping timeout" in await until_cut_off(reader)
        async with api.seated(game, yellow) as ada:
            assert (await ada.move(3))["type"] == "accepted"


async def until_only(api: Api, sockets: int) -> None:
    """Wait until the server has no more than this many sockets."""
    async with asyncio.timeout(PATIENCE):
        while f"connect4_sockets {sockets}.0" not in (await api.http.get("/metrics")).text:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "body",
    ["Content-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"],
    ids=["whole", "not there", "chunked"],
)
async def test_a_handshake_with_a_body_is_refused_and_nothing_to_a_server_that_ends(
    serve: Serve, body: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serve() as api:
            game, _, _ = await api.start()
            reader, writer = await stack.enter_async_context(raw(api))
            writer.write((HANDSHAKE.format(game).removesuffix("\r\n") + body).encode())
            told = await reader.readuntil(b"\r\n\r\n")
        assert told.startswith(b"HTTP/1.1 400 ")
        assert b"connection: close\r\n" in told
        await until_cut_off(reader)


UPGRADES = {
    "Java's HttpClient": "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEA\r\nUpgrade: h2c\r\n",
    "a list": "Connection: upgrade\r\nUpgrade: H2C, foo/2\r\n",
    "two headers": "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n",
    "websocket": "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n",
    "the last request": "Connection: close, upgrade\r\nUpgrade: h2c\r\n",
}


@pytest.mark.parametrize("later", [False, True], ids=["body with it", "body later"])
@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
async def test_another_upgrade_is_passed_over_and_the_request_honoured(
    api: Api, upgrade: str, later: bool
) -> None:
    body = b'{"seat": "red", "name": "Ada"}'
    for length, sent in (
        (f"Content-Length: {len(body)}", body),
        ("Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)),
    ):
        head = f"POST /api/games HTTP/1.1\r\nHost: x\r\n{upgrade}{length}\r\n\r\n".encode()
        async with raw(api) as (reader, writer), asyncio.timeout(PATIENCE):
            writer.write(head if later else head + sent)
            if later:
                await writer.drain()
                await asyncio.sleep(0)
                writer.write(sent)
            told = await reader.readuntil(b"\r\n\r\n")
            assert told.startswith(b"HTTP/1.1 201 ")
            assert b'"seat":"red"' in await reader.readuntil(b"}")
            if b"connection: close" not in told:  # and the next request on that connection
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b" 200 " in await reader.readuntil(b"\r\n")


@pytest.mark.parametrize(("keep_alive", "requests"), [(0.2, 1), (PATIENCE, 2)])
async def test_an_idle_connection_is_kept_as_long_as_is_set(
    serve: Serve, keep_alive: float, requests: int
) -> None:
    async with serve(keep_alive=keep_alive, redis_works=False) as api, raw(api) as (reader, writer):
        for _ in range(requests):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 200 " in await reader.readuntil(b"\r\n")
            await reader.readuntil(b"live\n")
        if keep_alive < PATIENCE:
            assert await until_cut_off(reader) == b""


async def test_a_server_that_ends_lets_its_sockets_go_and_says_that_they_may_come_back(serve: Serve) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serve() as api:
            game, yellow, _ = await api.start()
            ada = await stack.enter_async_context(api.seated(game, yellow))
            watching = await stack.enter_async_context(api.connect(game))
        assert [await ada.hear_close(), await watching.hear_close()] == [1001, 1001]


async def test_what_was_asked_of_a_server_that_ends_is_finished_and_answered(
    tmp_path: Path,
) -> None:
    """Players send moves until the socket is closed: what was accepted is in the log, and nothing else is."""
    async with playing(tmp_path) as (server, api):
        games = [await api.start() for _ in range(8)]
        async with contextlib.AsyncExitStack() as stack:
            players = [await stack.enter_async_context(api.seated(game, token)) for game, token, _ in games]
            sent = [str(uuid.uuid4()) for _ in players]
            for player, id in zip(players, sent, strict=True):
                await player.send(type="move", id=id, column=3)
            ending = asyncio.create_task(asyncio.to_thread(server.end))
            codes = [await player.hear_close() for player in players]
            assert await ending == 0
        assert codes == [1001] * len(players)
        accepted = {
            frame["id"] for player in players for frame in player.heard if frame["type"] == "accepted"
        }
    async with playing(tmp_path) as (_, api):
        logged = {event["command_id"] for game, _, _ in games for event in await api.log(game, after=4)}
    assert accepted == logged


async def test_a_refused_handshake_is_no_error_of_ours(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    game, _, _ = await api.start()
    for options in ({"origin": "https://evil.example"}, {"after": "x"}):
        with pytest.raises(websockets.InvalidStatus):
            async with api.connect(game, **options):
                pass
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
