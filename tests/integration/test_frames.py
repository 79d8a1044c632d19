"""However a client's frames are cut up on their way, each message in them is heard once and in its order."""

import asyncio
import json
import random
from collections.abc import Callable, Sequence

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from tests.integration.test_endings import HANDSHAKE, raw
from tests.support.player import PATIENCE, Api


def frame(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin=fin).serialize(mask=True)


def ping(t: object) -> bytes:
    return json.dumps({"type": "ping", "t": t}).encode()


def whole(sent: Sequence[bytes]) -> list[bytes]:
    return list(sent)


def together(sent: Sequence[bytes]) -> list[bytes]:
    return [b"".join(sent)]


def byte_by_byte(sent: Sequence[bytes]) -> list[bytes]:
    return [bytes((byte,)) for byte in b"".join(sent)]


def anywhere(sent: Sequence[bytes]) -> list[bytes]:
    rest, pieces = b"".join(sent), list[bytes]()
    chance = random.Random(1)
    while rest:
        size = chance.randint(1, 150)
        pieces.append(rest[:size])
        rest = rest[size:]
    return pieces


SENT = [
    frame(ping(1)),
    frame(ping(2)),
    frame(b"", Opcode.PONG),
    frame(ping("x" * 300)),  # a head of another length
    frame(ping(3)),
    frame(ping(4)[:9], fin=False),
    frame(b"", Opcode.PING),  # which may come between the pieces of a message
    frame(ping(4)[9:], Opcode.CONT),
    frame(ping("x" * 95)),  # the longest payloads with a short head, and the shortest with a long one
    frame(ping("x" * 101)),
    frame(ping("x" * 102)),
    frame(b"bytes", Opcode.BINARY),
    frame("grün".encode()),
    frame(ping(5)),
]
TOLD = [1, 2, "x" * 300, 3, 4, "x" * 95, "x" * 101, "x" * 102, None, None, 5]
"""The pongs' `t` in their order; None where what was sent is no message."""


@pytest.mark.parametrize("cut", [whole, together, byte_by_byte, anywhere])
async def test_every_message_is_heard_once_and_in_its_order(
    api: Api, cut: Callable[[Sequence[bytes]], list[bytes]]
) -> None:
    game, _, _ = await api.start()
    async with raw(api) as (reader, writer):
        writer.write(HANDSHAKE.format(game).encode())
        await reader.readuntil(b"\r\n\r\n")
        heard: list[object] = []
        async with asyncio.timeout(PATIENCE):
            for number, piece in enumerate(cut(SENT)):
                writer.write(piece)
                await writer.drain()
                if cut is whole or number % 20 == 0:
                    await asyncio.sleep(0.001)  # so that it goes by itself
            while len(heard) < len(TOLD):
                message = await next_text(reader)
                if message["type"] in ("pong", "rejected"):
                    heard.append(message.get("t"))
    assert heard == TOLD


async def test_a_text_message_in_one_frame_passes_the_parser_by(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []
    receive = ServerProtocol.receive_data

    def noting(protocol: ServerProtocol, data: bytes) -> None:
        parsed.append(data)
        receive(protocol, data)

    monkeypatch.setattr(ServerProtocol, "receive_data", noting)
    game, _, _ = await api.start()
    async with api.connect(game) as socket:
        await socket.hear("welcome")
        for t in (1, "x" * 200, 2):
            await socket.send(type="ping", t=t)
            await socket.hear("pong", t=t)
        socket.connection.transport.write(frame(ping(3)) + frame(ping(4)))
        await socket.hear("pong", t=4)
        socket.connection.transport.write(frame(ping(5), fin=False) + frame(b"", Opcode.CONT))
        await socket.hear("pong", t=5)
    # Nor does a handshake come to it, which HTTP has parsed, or the usual close. Answers to pings are apart.
    first, second = [data for data in parsed if data[0] & 0x0F != Opcode.PONG]
    assert (first[0], second[0]) == (Opcode.TEXT, 0x80 | Opcode.CONT)


async def next_text(reader: asyncio.StreamReader) -> dict[str, object]:
    """The next text frame; the server's frames are never cut."""
    while True:
        first, length = await reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await reader.readexactly(2), "big")
        payload = await reader.readexactly(length)
        if first == 0x81:
            return dict(json.loads(payload))


async def test_what_comes_right_behind_a_handshake_is_heard(api: Api) -> None:
    game, _, _ = await api.start()
    heard: list[object] = []
    async with raw(api) as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(HANDSHAKE.format(game).encode() + frame(ping(1)) + frame(ping(2)))
        await reader.readuntil(b"\r\n\r\n")
        while len(heard) < 2:
            if (message := await next_text(reader))["type"] == "pong":
                heard.append(message["t"])
    assert heard == [1, 2]


async def test_a_message_that_is_no_utf_8_closes(api: Api) -> None:
    game, _, _ = await api.start()
    for cut in (whole, byte_by_byte):
        async with api.connect(game) as socket:
            transport = socket.connection.transport
            for piece in cut([frame(b'{"type":"ping","t":"\xff"}')]):
                transport.write(piece)
            assert await socket.hear_close() == 1007
