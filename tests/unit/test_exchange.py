"""The answer to a request is one write where it is whole, and what uvicorn makes of it where it is not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl

from server.serving.exchange import Exchange

logger = logging.getLogger(__name__)
SIZED = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
UNSIZED = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b"body"}


class Transport:
    """Notes each write, and the end."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.written.append(b"closed")


App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def answered(app: App, method: str = "GET", *, keep_alive: bool = True) -> list[bytes]:
    """The writes to the transport where `app` answers, in their order."""
    transport = cast(asyncio.Transport, Transport())
    ends: list[None] = []
    exchange = Exchange(
        scope=cast(Any, {"type": "http", "method": method}),
        transport=transport,
        flow=FlowControl(transport),
        logger=logger,
        access_logger=logger,
        access_log=False,
        default_headers=[(b"date", b"today")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: ends.append(None),
    )
    await exchange.run_asgi(cast(Any, app))
    assert ends or not exchange.response_complete
    return cast(Transport, transport).written


def saying(*messages: Message) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


HEAD = b"HTTP/1.1 200 OK\r\ndate: today\r\n"
SIZED_HEAD = HEAD + b"content-length: 4\r\n"


async def test_an_answer_that_is_whole_is_one_write() -> None:
    assert await answered(saying(SIZED, BODY)) == [SIZED_HEAD + b"\r\nbody"]
    assert await answered(saying(SIZED, BODY), "HEAD") == [SIZED_HEAD + b"\r\n"]
    not_modified = {"type": "http.response.start", "status": 304, "headers": []}
    nothing = {"type": "http.response.body"}
    assert await answered(saying(not_modified, nothing)) == [
        b"HTTP/1.1 304 Not Modified\r\ndate: today\r\n\r\n"
    ]


async def test_the_last_answer_of_a_connection_says_so_and_ends_it() -> None:
    last = [SIZED_HEAD + b"connection: close\r\n\r\nbody", b"closed"]
    assert await answered(saying(SIZED, BODY), keep_alive=False) == last
    closing = {**SIZED, "headers": [*SIZED["headers"], (b"connection", b"close")]}  # type: ignore[misc]
    assert (await answered(saying(closing, BODY)))[-1] == b"closed"


async def test_an_answer_in_pieces_or_of_no_known_size_is_chunked() -> None:
    first = {**BODY, "more_body": True}
    chunked = HEAD + b"transfer-encoding: chunked\r\n\r\n"
    chunk, end = b"4\r\nbody\r\n", b"0\r\n\r\n"
    assert await answered(saying(UNSIZED, first, BODY)) == [chunked, chunk, chunk + end]
    assert await answered(saying(UNSIZED, BODY)) == [chunked, chunk + end]


async def test_an_application_that_fails_before_the_body_is_answered_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(SIZED)
        raise ValueError

    answer, *_, closed = await answered(app)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert closed == b"closed"
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"4"), (b"x", b"a\r\nb: c")],
        [(b"content-length", b"4"), (b"x", b"a\rb: c")],
        [(b"content-length", b"3")],
    ],
)
async def test_a_head_that_is_wrong_is_an_error(
    headers: list[tuple[bytes, bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    written = await answered(saying({**SIZED, "headers": headers}, BODY))
    assert b"b: c" not in b"".join(written)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
