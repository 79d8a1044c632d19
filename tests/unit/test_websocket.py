"""A WebSocketConnection as an ASGI application sees it, with uvicorn and a client on real sockets."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import websockets
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.serving import lifecycle
from server.serving import server as serving
from server.serving.drain import Drain
from server.serving.websocket import WebSocketConnection
from server.settings import Settings
from tests.support.player import UNHURRIED

PATIENCE = 60
"""The longest that a message may take, in seconds."""
HANDSHAKE = (
    b"GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

Serve = Callable[[ASGIApp], Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves an application for WebSockets until the test is over; gives the port."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(app: ASGIApp) -> int:
            return (await stack.enter_async_context(served(app)))[1]

        yield serve


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[tuple[serving.Uvicorn, int]]:
    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await app(scope, receive, send)
            return
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    settings = Settings(port=0)
    with serving.bind(settings) as listening:
        server = serving.create_server(whole, settings, Drain())
        task = asyncio.create_task(server._serve(sockets=[listening]))  # `serve` would take our signals
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield server, listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


def connect(port: int, path: str = "/", **options: Any) -> websockets.connect:
    return websockets.connect(f"ws://127.0.0.1:{port}{path}", **UNHURRIED | options)


async def test_the_scope_says_what_the_handshake_did(serve: Serve) -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await WebSocket(scope, receive, send).accept()

    port = await serve(app)
    async with connect(port, "/a%20b?c=d", subprotocols=["x", "y"], additional_headers={"N": "ü"}) as client:
        await client.wait_closed()
        address = client.local_address
    [scope] = scopes
    assert (scope["type"], scope["scheme"], scope["http_version"]) == ("websocket", "ws", "1.1")
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/a b", b"/a%20b", b"c=d")
    assert (scope["client"], scope["server"]) == (address, ("127.0.0.1", port))
    assert scope["subprotocols"] == ["x", "y"]
    assert (b"n", "ü".encode("latin-1")) in scope["headers"]
    assert "websocket.http.response" in scope["extensions"]


async def test_an_application_chooses_a_subprotocol_and_headers_and_both_kinds_of_messages_go_both_ways(
    serve: Serve,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ws = WebSocket(scope, receive, send)
        await ws.accept(subprotocol="y", headers=[(b"x-more", b"yes")])
        assert await ws.receive_text() == "ü"
        assert await ws.receive_bytes() == b"\xff"
        await ws.send_text("ö")
        await ws.send_bytes(b"\xfe")
        await ws.close(4000, "that is all")

    async with connect(await serve(app), subprotocols=["x", "y"]) as client:
        assert client.response
        assert (client.subprotocol, client.response.headers["X-More"]) == ("y", "yes")
        assert len(client.response.headers.get_all("Date")) == 1
        await client.send("ü")
        await client.send(b"\xff")
        assert [await client.recv(), await client.recv()] == ["ö", b"\xfe"]
        await client.wait_closed()
        assert (client.close_code, client.close_reason) == (4000, "that is all")


async def test_an_application_that_receives_one_by_one_gets_all_in_their_order(serve: Serve) -> None:
    sent = [str(number) * 400 for number in range(20)]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ws = WebSocket(scope, receive, send)
        await ws.accept()
        for text in sent:
            assert await ws.receive_text() == text
            await asyncio.sleep(0)
        await ws.send_text("all")
        await ws.receive()

    async with connect(await serve(app)) as client:
        for text in sent:
            await client.send(text)
        assert await client.recv() == "all"


async def test_all_that_comes_with_the_end_of_the_stream_is_heard(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AtOnce(WebSocketConnection):
        """Is told of the end right behind the data, as uvloop may do."""

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if data.endswith(b"last"):
                self.eof_received()

    heard: asyncio.Queue[Message] = asyncio.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await WebSocket(scope, receive, send).accept()
        while True:
            message = await receive()
            heard.put_nowait(message)
            if message["type"] == "websocket.disconnect":
                return

    monkeypatch.setattr(serving, "WebSocketConnection", AtOnce)
    async with raw(await serve(app)) as (reader, writer):
        writer.write(b"".join(b"\x81\x84" + bytes(4) + text for text in (b"1st.", b"2nd.", b"last")))
        assert [(await heard.get()).get("text") for _ in range(4)] == ["1st.", "2nd.", "last", None]
        assert await reader.read() == b""


async def test_an_application_is_told_how_the_peer_closed(serve: Serve) -> None:
    told: asyncio.Queue[Message] = asyncio.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await WebSocket(scope, receive, send).accept()
        told.put_nowait(await receive())
        with pytest.raises(OSError):  # noqa: PT011  # any, as the ASGI specification has it
            await send({"type": "websocket.send", "text": "late"})

    port = await serve(app)
    for code, reason in ((4001, "enough"), (1000, "enough"), (1000, ""), (1001, "")):
        async with connect(port) as client, asyncio.timeout(PATIENCE):
            await client.close(code, reason)
            assert (client.close_code, client.close_reason) == (code, reason)
            assert await told.get() == {"type": "websocket.disconnect", "code": code, "reason": reason}
    async with raw(port) as (reader, writer):
        writer.write(b"\x88\x80" + bytes(4))
        assert await reader.read() == b"\x88\x00"
        assert (await told.get())["code"] == 1005
    async with connect(port) as client, asyncio.timeout(PATIENCE):
        client.transport.abort()
        assert (await told.get())["code"] == 1006


async def deny(ws: WebSocket) -> None:
    await ws._send({"type": "websocket.http.response.start", "status": 418, "headers": [(b"x-more", b"yes")]})
    await ws._send({"type": "websocket.http.response.body", "body": b"no", "more_body": True})
    await ws._send({"type": "websocket.http.response.body", "body": b" tea"})


async def test_an_application_refuses_by_a_close_or_by_a_response(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ws = WebSocket(scope, receive, send)
        await (deny(ws) if scope["path"] == "/deny" else ws.close())

    port = await serve(app)
    for path, status, body in (("/close", 403, b""), ("/deny", 418, b"no tea")):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with connect(port, path):
                pass
        response = refused.value.response
        assert (response.status_code, response.body) == (status, body)
    assert response.headers["X-More"] == "yes"
    assert [record for record in caplog.records if record.name != "asyncio"] == []


@pytest.mark.parametrize("accepts", [True, False])
async def test_an_application_that_fails_is_logged_once_and_the_peer_is_told(
    serve: Serve, caplog: pytest.LogCaptureFixture, accepts: bool
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if accepts:
            await WebSocket(scope, receive, send).accept()
        raise ValueError

    port = await serve(app)
    if accepts:
        async with connect(port) as client:
            await client.wait_closed()
            assert client.close_code == 1011
    else:
        with pytest.raises(websockets.InvalidStatus, match="500"):
            async with connect(port):
                pass
    assert [record.message for record in caplog.records] == ["WebSocket application failed"]


async def test_an_application_that_answers_no_handshake_is_logged_and_the_peer_is_told(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    with pytest.raises(websockets.InvalidStatus, match="500"):
        async with connect(await serve(app)):
            pass
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_peer_that_leaves_before_it_is_accepted_is_no_error(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        asked.set()
        assert (await receive())["type"] == "websocket.disconnect"
        try:
            await send({"type": "websocket.accept"})
        except OSError:  # as Starlette does
            ended.set()
            raise WebSocketDisconnect(1006)  # noqa: B904  # Starlette's has no cause, either

    port = await serve(app)
    async with asyncio.timeout(PATIENCE):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDSHAKE)
        await asked.wait()
        writer.transport.abort()
        await ended.wait()
    assert [record for record in caplog.records if record.name != "asyncio"] == []


async def test_a_socket_that_opens_and_closes_is_not_worth_a_line(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ws = WebSocket(scope, receive, send)
        await (ws.accept() if scope["path"] == "/open" else ws.close())

    port = await serve(app)
    caplog.set_level(logging.INFO)
    async with connect(port, "/open") as client:
        await client.wait_closed()
    with pytest.raises(websockets.InvalidStatus):
        async with connect(port):
            pass
    said_by = {record.name.partition(".")[0] for record in caplog.records}
    assert said_by <= {
        "uvicorn",
        "websockets",
    }  # of the former only warnings are shown; the latter is the client


async def test_a_server_that_shuts_down_ends_sockets_and_handshakes(caplog: pytest.LogCaptureFixture) -> None:
    asked = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ws = WebSocket(scope, receive, send)
        if scope["path"] == "/open":
            await ws.accept()
        else:
            asked.set()
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(PATIENCE):
        async with served(app) as (_, port):
            client = await stack.enter_async_context(connect(port, "/open"))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(HANDSHAKE)
            await asked.wait()
        await client.wait_closed()
        assert client.close_code == 1012
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@contextlib.asynccontextmanager
async def raw(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A socket after its handshake that does only what it is told, and reads little at a time."""
    plain = socket.create_connection(("127.0.0.1", port))
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader, writer = await asyncio.open_connection(sock=plain, limit=1024)
    async with asyncio.timeout(PATIENCE):
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def accept_and_close(scope: Scope, receive: Receive, send: Send) -> None:
    ws = WebSocket(scope, receive, send)
    await ws.accept()
    await ws.close(4000)


async def test_a_peer_that_does_not_answer_a_close_is_cut_off(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "CLOSE_TIMEOUT", 0.1)
    async with raw(await serve(accept_and_close)) as (reader, _):
        assert await reader.readexactly(4) == b"\x88\x02" + (4000).to_bytes(2, "big")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""


async def test_the_answer_to_a_close_is_found_behind_what_was_on_its_way(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "CLOSE_TIMEOUT", 10 * PATIENCE)
    async with raw(await serve(accept_and_close)) as (reader, writer):
        await reader.readexactly(4)
        writer.write(b"\x82\xfe\x03\xe8" + bytes(1004) + b"\x89\x80" + bytes(4) + b"\x88\x80" + bytes(4))
        assert await reader.read() == b"\x8a\x00"  # the pong that every ping gets


async def test_a_peer_that_does_not_read_is_cut_off_and_who_sends_to_it_is_told(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "STALL_TIMEOUT", 0.1)
    told = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await WebSocket(scope, receive, send).accept()
        try:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(64 * 1024)})
        except OSError:
            assert (await receive())["type"] == "websocket.disconnect"
            told.set()

    async with raw(await serve(app)):
        await told.wait()
