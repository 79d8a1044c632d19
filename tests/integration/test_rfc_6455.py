"""RFC 6455, in cases of the kinds that the Autobahn suite has, against the real server on raw sockets.

That suite wants an echo. This server answers a `ping` of its own protocol by a `pong` with the same `t`, and
any other message by `rejected`, which shows as much: whether a message was taken whole, and in its order.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from server.serving.server import MAX_FRAME
from server.serving.websocket import MAX_PIECES
from tests.integration.test_endings import HANDSHAKE
from tests.support.player import PATIENCE, Api

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
RESERVED_OPCODES = (0x3, 0x7, 0xB, 0xF)


class Closed(NamedTuple):
    """The server's close frame, by its code; 1005 where it has none."""

    code: int


PROTOCOL_ERROR, NOT_UTF8, TOO_BIG = Closed(1002), Closed(1007), Closed(1009)


class Rejected(NamedTuple):
    """The answer to what WebSocket takes for a message, and the game does not."""

    code: str = "bad_message"


REJECTED = Rejected()

Told = str | bytes | Rejected | Closed
"""What the server says: the `t` of a `pong` of its own, the payload of one of WebSocket, or one of these."""


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A frame as a client sends it, whether it may or not."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    key = b"\x01\x80\xff\x37"
    masked = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    return bytes((fin << 7 | rsv << 4 | opcode,)) + length + key + masked


def message(t: str) -> bytes:
    return json.dumps({"type": "ping", "t": t}, ensure_ascii=False).encode()


def text(t: str) -> bytes:
    return frame(TEXT, message(t))


def stars(size: int) -> str:
    """The `t` of a message of so many bytes."""
    return "*" * (size - len(message("")))


def pieces(*parts: bytes, opcode: int = TEXT) -> bytes:
    """One message in these parts."""
    last = len(parts) - 1
    return b"".join(frame(CONT if at else opcode, part, fin=at == last) for at, part in enumerate(parts))


def begun(part: bytes = b"") -> bytes:
    """The first piece of a text."""
    return frame(TEXT, part, fin=False)


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def raw_text(inside: bytes) -> bytes:
    """A ping with these bytes as its `t`."""
    return b'{"type":"ping","t":"' + inside + b'"}'


Cases = Iterator[tuple[str, bytes, list[Told]]]


def framing() -> Cases:
    yield "an empty text", frame(TEXT), [REJECTED]
    yield "an empty binary", frame(BINARY), [REJECTED]
    yield "binary", frame(BINARY, b"\xff" * 300), [REJECTED]
    for size in (125, 126, 127, 128, 255, 256, 1024, MAX_FRAME):
        yield f"a text of {size} bytes", text(stars(size)), [stars(size)]
    yield (
        "a length in more bytes than it needs",
        b"\x81\xff" + bytes(7) + b"\x02" + bytes(4) + b"{}",
        [REJECTED],
    )
    yield "a text that is too large", text(stars(MAX_FRAME + 1)), [TOO_BIG]
    yield "a binary that is too large", frame(BINARY, bytes(MAX_FRAME + 1)), [TOO_BIG]
    yield "the largest length in 2 bytes", b"\x81\xfe\xff\xff" + bytes(4), [TOO_BIG]
    yield "the largest length in 8 bytes", b"\x81\xff\x7f" + b"\xff" * 7 + bytes(4), [TOO_BIG]
    yield "pieces that are too large together", pieces(bytes(MAX_FRAME), b"!"), [TOO_BIG]
    yield "no mask", b"\x81\x02{}", [PROTOCOL_ERROR]
    yield "no mask, no payload", b"\x81\x00", [PROTOCOL_ERROR]
    yield (
        "good frames before one without a mask",
        text("a") + text("b") + b"\x81\x02{}",
        ["a", "b", PROTOCOL_ERROR],
    )


def pings_and_pongs() -> Cases:
    for size in (0, 1, 124, 125):
        yield f"a ping of {size} bytes", frame(PING, b"\xfe" * size), [b"\xfe" * size]
    yield "a ping of 126 bytes", frame(PING, bytes(126)), [PROTOCOL_ERROR]
    yield "a pong of 126 bytes", frame(PONG, bytes(126)), [PROTOCOL_ERROR]
    yield "a pong that nobody asked for", frame(PONG) + frame(PONG, b"hello"), []
    yield "a pong, then a ping", frame(PONG, b"hello") + frame(PING, b"there"), [b"there"]
    yield "ten pings", b"".join(frame(PING, b"%d" % n) for n in range(10)), [b"%d" % n for n in range(10)]
    yield "a ping between texts", text("a") + frame(PING, b"b") + text("c"), ["a", b"b", "c"]


def reserved_bits() -> Cases:
    for rsv in range(1, 8):
        yield f"reserved bits {rsv} of a text", frame(TEXT, b"{}", rsv=rsv), [PROTOCOL_ERROR]
    for name, opcode in (("a binary", BINARY), ("a ping", PING), ("a pong", PONG), ("a close", CLOSE)):
        yield f"a reserved bit of {name}", frame(opcode, rsv=4), [PROTOCOL_ERROR]
    yield "a good text before it", text("a") + frame(TEXT, b"{}", rsv=4), ["a", PROTOCOL_ERROR]
    yield "a good text behind it", frame(TEXT, b"{}", rsv=4) + text("a"), [PROTOCOL_ERROR]
    yield (
        "a good text and a ping before it",
        text("a") + frame(PING, b"b") + frame(PING, rsv=1),
        ["a", b"b", PROTOCOL_ERROR],
    )


def reserved_opcodes() -> Cases:
    for opcode in RESERVED_OPCODES:
        yield f"opcode {opcode:x}", frame(opcode), [PROTOCOL_ERROR]
        yield f"opcode {opcode:x} with a payload", frame(opcode, b"hello"), [PROTOCOL_ERROR]
        yield f"a good text before opcode {opcode:x}", text("a") + frame(opcode), ["a", PROTOCOL_ERROR]


def fragmentation() -> Cases:
    a, hello = message("a"), message("hello")
    yield "a ping in pieces", pieces(b"he", b"llo", opcode=PING), [PROTOCOL_ERROR]
    yield "a pong in pieces", pieces(b"he", b"llo", opcode=PONG), [PROTOCOL_ERROR]
    yield "a close in pieces", pieces(b"\x03\xe8", b"", opcode=CLOSE), [PROTOCOL_ERROR]
    yield "a text in two", pieces(a[:9], a[9:]), ["a"]
    yield "a text in empty pieces", pieces(b"", a, b""), ["a"]
    yield "a text in all the pieces that it may have", pieces(*[b""] * (MAX_PIECES - 1), a), ["a"]
    yield "a text in one piece more", pieces(*[b""] * MAX_PIECES, a), [Closed(1008)]
    yield "a binary in three", pieces(b"a", b"b", b"c", opcode=BINARY), [REJECTED]
    yield (
        "pieces as large as a message may be",
        pieces(message(stars(MAX_FRAME))[:9], message(stars(MAX_FRAME))[9:]),
        [stars(MAX_FRAME)],
    )
    yield (
        "a ping between pieces",
        begun(hello[:9]) + frame(PING, b"!") + frame(CONT, hello[9:]),
        [b"!", "hello"],
    )
    yield (
        "pings and pongs between five pieces",
        begun(hello[:3])
        + frame(CONT, hello[3:5], fin=False)
        + frame(PING, b"1")
        + frame(CONT, hello[5:7], fin=False)
        + frame(CONT, b"", fin=False)
        + frame(PONG, b"?")
        + frame(PING, b"2")
        + frame(CONT, hello[7:]),
        [b"1", b"2", "hello"],
    )
    for fin in (True, False):
        yield f"a piece of nothing, the last: {fin}", frame(CONT, a, fin=fin) + text("b"), [PROTOCOL_ERROR]
        yield (
            f"a message, and then a piece of nothing, the last: {fin}",
            pieces(a[:9], a[9:]) + frame(CONT, a, fin=fin),
            ["a", PROTOCOL_ERROR],
        )
    yield "a text within a text", begun(a[:9]) + text("b"), [PROTOCOL_ERROR]
    yield "a text that begins within a text", begun(a[:9]) + begun(a[:9]), [PROTOCOL_ERROR]
    yield "a binary within a text", begun(a[:9]) + frame(BINARY, b"b"), [PROTOCOL_ERROR]


VALID = {
    "two bytes": "κόσμε",
    "three bytes": "€한국어",
    "four bytes": "😀🏁",
    "the first of each length": "\x7f\x80\u07ff\u0800\uffff\U00010000",
    "the last there is": "\U0010ffff",
    "around the surrogates": "\ud7ff\ue000",
    "non-characters": "\ufffe\uffff\ufdd0",
}
INVALID = {
    "a continuation byte": b"\x80",
    "a lead byte alone": b"\xc3",
    "a sequence that is cut short": b"\xe2\x82",
    "two in three bytes": b"\xce\xba\xe1\xbd",
    "bytes that are never used": b"\xfe",
    "bytes that are never used, ff": b"\xff",
    "overlong in two": b"\xc0\xaf",
    "overlong in two, c1": b"\xc1\xbf",
    "overlong in three": b"\xe0\x80\xaf",
    "overlong in four": b"\xf0\x80\x80\xaf",
    "overlong nul": b"\xc0\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "beyond the last": b"\xf4\x90\x80\x80",
    "the first surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "the last surrogate": b"\xed\xbf\xbf",
}


def utf_8() -> Cases:
    for name, string in VALID.items():
        escaped = string.replace("\x7f", "\\u007f")
        whole = raw_text(escaped.encode())
        yield name, frame(TEXT, whole), [string]
        yield f"{name}, a byte a piece", pieces(*(whole[at : at + 1] for at in range(len(whole)))), [string]
    for name, inside in INVALID.items():
        whole = raw_text(inside)
        yield name, frame(TEXT, whole), [NOT_UTF8]
        yield f"{name}, behind a good text", text("a") + frame(TEXT, whole), ["a", NOT_UTF8]
        yield f"{name}, in pieces", pieces(whole[:21], whole[21:]), [NOT_UTF8]
        yield f"{name}, of a text without end", begun(whole), [NOT_UTF8]
    yield "half a character at the end", pieces(b"{", b"\xe2\x82"), [NOT_UTF8]
    yield "bytes that are no text", frame(BINARY, b"\xff"), [REJECTED]


def closes() -> Cases:
    yield "without a code", frame(CLOSE), [Closed(1005)]
    yield "of one byte", frame(CLOSE, b"\x03"), [PROTOCOL_ERROR]
    yield "with a reason", closing(1000, b"bye"), [Closed(1000)]
    yield "with the longest reason", closing(1000, b"*" * 123), [Closed(1000)]
    yield "with a reason that is too long", closing(1000, b"*" * 124), [PROTOCOL_ERROR]
    yield "with a reason that is no UTF-8", closing(1000, b"\xce\xba\xe1\xbd"), [NOT_UTF8]
    for code in (
        1000,
        1001,
        1002,
        1003,
        1007,
        1008,
        1009,
        1010,
        1011,
        1012,
        1013,
        1014,
        3000,
        3999,
        4000,
        4999,
    ):
        yield f"code {code}", closing(code), [Closed(code)]
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        yield f"no code {code}", closing(code), [PROTOCOL_ERROR]
        yield f"no code {code}, with a reason", closing(code, b"bye"), [PROTOCOL_ERROR]
    yield "behind a text", text("a") + closing(1000), ["a", Closed(1000)]
    yield "twice", closing(1000) + closing(1001), [Closed(1000)]
    yield "before a text", closing(1000) + text("a"), [Closed(1000)]
    yield "before a ping", closing(1000) + frame(PING), [Closed(1000)]
    yield "before what is no frame", closing(1000) + b"\xff" * 20, [Closed(1000)]
    yield "between pieces", begun(b"{") + closing(1000) + frame(CONT, b"}"), [Closed(1000)]
    yield "behind a large text", text(stars(MAX_FRAME)) + closing(1000), [stars(MAX_FRAME), Closed(1000)]


KINDS = (framing, pings_and_pongs, reserved_bits, reserved_opcodes, fragmentation, utf_8, closes)
CASES = [
    pytest.param(sent, told, id=f"{kind.__name__}: {name}") for kind in KINDS for name, sent, told in kind()
]


@pytest.fixture(scope="module")
async def game(api: Api) -> str:
    return (await api.start())[0]


@pytest.mark.parametrize(("sent", "told"), CASES)
async def test_a_case_ends_as_it_should_in_one_segment_and_byte_by_byte(
    api: Api, game: str, sent: bytes, told: list[Told]
) -> None:
    if not closes_with(told):  # it goes on: ask once more, and close
        sent, told = sent + text("still there?") + closing(1000), [*told, "still there?", Closed(1000)]
    assert apart(await said_to(api, game, [sent])) == apart(told)
    if len(sent) < 400:
        assert apart(await said_to(api, game, [bytes((byte,)) for byte in sent])) == apart(told)


def apart(told: list[Told]) -> tuple[list[Told], list[Told]]:
    """The pongs of WebSocket, which may overtake messages, and the others."""
    return [it for it in told if isinstance(it, bytes)], [it for it in told if not isinstance(it, bytes)]


async def said_to(api: Api, game: str, segments: list[bytes]) -> list[Told]:
    """All that the server says to it, to the end of the connection."""
    address, loop = urlsplit(api.url), asyncio.get_running_loop()
    with socket.create_connection((address.hostname, address.port)) as plain:  # reads on where writing fails
        plain.setblocking(False)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        async def say(words: bytes) -> None:
            with contextlib.suppress(ConnectionError):  # it has ended by now
                await loop.sock_sendall(plain, words)
                await asyncio.sleep(0)  # so that each is read by itself: the server is in this loop

        async def hear() -> bytes:
            with contextlib.suppress(ConnectionError):
                return await loop.sock_recv(plain, 64 * 1024)
            return b""

        async with asyncio.timeout(PATIENCE):
            await say(HANDSHAKE.format(game).encode())
            heard = b""
            while b"\r\n\r\n" not in heard:
                heard += await hear()
            for segment in segments:
                await say(segment)
            while not closes_with(told := list(words(heard.partition(b"\r\n\r\n")[2]))):
                more = await hear()
                assert more, f"no close frame after {told}"
                heard += more
            await say(frame(CLOSE))
            assert await hear() == b""
    return told


def closes_with(told: list[Told]) -> bool:
    return bool(told) and isinstance(told[-1], Closed)


def words(heard: bytes) -> Iterator[Told]:
    """What the server says in all whole frames but for those that it tells everybody."""
    while len(heard) >= 2:
        size, head = heard[1], 2
        if size == 126:
            size, head = int.from_bytes(heard[2:4], "big"), 4
        if len(heard) < head + size:
            return
        first, payload, heard = heard[0], heard[head : head + size], heard[head + size :]
        if first == 0x88:
            yield Closed(int.from_bytes(payload[:2], "big") if payload else 1005)
        elif first == 0x8A:
            yield payload
        elif first == 0x81 and (answer := json.loads(payload))["type"] == "pong":
            yield answer["t"]
        elif first == 0x81 and answer["type"] == "rejected":
            yield Rejected(answer["code"])
