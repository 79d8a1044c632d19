"""The opening handshake of a WebSocket: who is accepted, and how who is not is told."""

import pytest

from server.serving.handshake import RawHeaders, accepting, refusal, whole

KEY = (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")
VERSION = (b"sec-websocket-version", b"13")
ORIGIN = (b"origin", b"https://game.example")


def test_a_key_is_answered_as_in_the_rfc() -> None:
    answer = whole(accepting([(b"host", b"x"), ORIGIN, KEY, VERSION]), [(b"date", b"today")])
    assert answer == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\ndate: today\r\n\r\n"
    )


@pytest.mark.parametrize(
    "headers",
    [
        [VERSION],
        [KEY],
        [KEY, KEY, VERSION],
        [KEY, VERSION, VERSION],
        [KEY, VERSION, ORIGIN, ORIGIN],
        [KEY, (VERSION[0], b"12")],
        [(KEY[0], KEY[1][:-4]), VERSION],
        [(KEY[0], b"????" + KEY[1][4:]), VERSION],
        [(KEY[0], KEY[1] + b"\n"), VERSION],
    ],
)
def test_what_is_no_handshake_is_not_accepted(headers: RawHeaders) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        accepting(headers)


def test_a_refusal_says_what_the_application_does_and_ends_the_connection() -> None:
    answer = refusal(429, b"later", [(b"Retry-After", b"1"), (b"content-type", b"text/html")])
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert (first, body) == (b"HTTP/1.1 429 Too Many Requests", b"later")
    assert {b"connection: close", b"content-length: 5", b"retry-after: 1", b"content-type: text/html"} <= {
        *lines
    }


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb: c", b"a\rb: c"])
def test_a_header_has_one_line(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        whole(accepting([KEY, VERSION]), [(b"x", value)])
