"""The head of an answer goes out with its body, and never waits for it longer than a tick."""

import asyncio
from typing import cast

from server.serving.cork import Cork


class Transport:
    """Notes each write, and the end."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.written.append(b"closed")


def corked() -> tuple[Transport, Cork]:
    transport = Transport()
    return transport, Cork(cast(asyncio.Transport, transport), asyncio.get_running_loop())


async def test_the_head_of_an_answer_and_its_body_are_one_write() -> None:
    transport, cork = corked()
    cork.write(b"head ")
    cork.write(b"body")
    await asyncio.sleep(0)
    assert transport.written == [b"head body"]


async def test_a_head_whose_body_does_not_come_at_once_waits_for_the_end_of_the_tick() -> None:
    transport, cork = corked()
    cork.write(b"head")
    assert transport.written == []
    await asyncio.sleep(0)
    cork.write(b"a piece")
    cork.write(b"another")
    assert transport.written == [b"head", b"a piece", b"another"]


async def test_what_is_written_goes_out_before_the_end() -> None:
    transport, cork = corked()
    cork.write(b"head")
    cork.close()
    await asyncio.sleep(0)
    assert transport.written == [b"head", b"closed"]
