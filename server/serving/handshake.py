"""The opening handshake of a WebSocket (RFC 6455, section 4), of a request that HTTP has parsed."""

import email.utils
import http.client
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1

RawHeaders = list[tuple[bytes, bytes]]
"""Headers with names in lower case."""

VERSION = b"13"
"""The version of the protocol (RFC 6455, section 4.1)."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Hashed behind the client's key (RFC 6455, section 1.3)."""
KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
"""A key: 16 bytes in Base64."""
KEY_NAME, VERSION_NAME = b"sec-websocket-key", b"sec-websocket-version"
ONCE = frozenset({KEY_NAME, VERSION_NAME, b"origin"})
"""Headers that a handshake has at most once."""

SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %b"
)


def accepting(headers: RawHeaders) -> bytes:
    """The beginning of the response that accepts a handshake with these headers, which ask to upgrade to a
    WebSocket; `whole` gives the rest. Raises ValueError where they are no handshake."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in ONCE:
            if name in found:
                raise ValueError(name)
            found[name] = value
    key = found.get(KEY_NAME, b"")
    if found.get(VERSION_NAME) != VERSION or not KEY.fullmatch(key):
        raise ValueError(key)
    return SWITCHING % b64encode(sha1(key + GUID).digest())  # as RFC 6455 has it


def refusal(status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """The response to a handshake behind which the connection ends."""
    all = {
        b"date": email.utils.formatdate(usegmt=True).encode(),
        b"connection": b"close",
        b"content-length": b"%d" % len(body),
        b"content-type": b"text/plain; charset=utf-8",
    }
    all |= {name.lower(): value for name, value in headers}
    phrase = http.client.responses.get(status, "").encode()
    return whole(b"HTTP/1.1 %d %b" % (status, phrase), all.items()) + body


def whole(beginning: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A response up to its body: its first lines, and these headers. Raises ValueError where a header has a
    line break in it."""
    lines = [beginning, *[b"%b: %b" % header for header in headers]]
    head = b"\r\n".join(lines)
    if not head.count(b"\r") == head.count(b"\n") == beginning.count(b"\n") + len(lines) - 1:
        raise ValueError("a header has a line break in it")
    return head + b"\r\n\r\n"
