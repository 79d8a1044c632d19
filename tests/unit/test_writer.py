"""The only writer to a socket: what it does where sending fails."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from starlette.types import Message

from server.delivery.outbox import Outbox
from server.game.events import GameId
from server.serving.end_of_tick import EndOfTick
from server.sockets.writer import Writer
from server.tasks import Tasks
from server.wire.frame import Frame


async def sent_when(fail: Callable[[Message], None]) -> list[Message]:
    """What a writer sends, of two frames, where `fail` is called with each message first."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        fail(message)

    outbox = Outbox()
    async with Tasks() as tasks:
        writer = Writer(outbox, send, None, EndOfTick(), tasks, GameId(uuid4()))
        writer.open()
        for text in (b"1", b"2"):
            outbox.put(Frame(text))
    return sent


async def test_a_socket_that_is_gone_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    def fail(message: Message) -> None:
        raise ConnectionResetError

    assert len(await sent_when(fail)) == 1
    assert [record for record in caplog.records if record.name.startswith("server")] == []


@pytest.mark.parametrize("error", [RuntimeError("a bug"), ValueError("a bug")])
async def test_a_bug_is_logged_once_and_closes_the_socket(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(message: Message) -> None:
        raise error

    frame, close = await sent_when(fail)
    assert frame["text"] == "1"
    assert (close["type"], close["code"]) == ("websocket.close", 1011)
    [record] = caplog.records
    assert record.exc_info
    assert record.exc_info[1] is error


async def test_what_is_put_in_while_something_is_sent_is_sent_behind_it() -> None:
    assert [message["text"] for message in await sent_when(lambda message: None)] == ["1", "2"]
