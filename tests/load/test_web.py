"""Games over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.load.web import Pair, Site, Unreachable

Serve = Callable[[list[bytes]], Awaitable[Site]]


def answer(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server that gives these answers, one after the other."""
    servers, sites = [], []

    async def start(answers: list[bytes]) -> Site:
        left = iter(answers)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with (
                contextlib.closing(writer),
                contextlib.suppress(asyncio.IncompleteReadError, ConnectionError),
            ):
                while request := await reader.readuntil(b"\r\n\r\n"):
                    length = int(request.lower().partition(b"content-length:")[2].split()[0])
                    await reader.readexactly(length)
                    writer.write(next(left))

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        servers.append(server)
        sites.append(Site(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        return sites[-1]

    yield start
    for site in sites:
        site.close()
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_a_game_is_created_and_joined(serve: Serve) -> None:
    created = b'{"game": "g", "seat": "yellow", "token": "y", "url": "/games/g"}'
    joined = b'{"game": "g", "seat": "red", "token": "r"}'
    site = await serve([answer("201 Created", created), answer("201 Created", joined)])
    assert await site.create() == Pair("g", "y", "r")


async def test_a_log_is_read_in_chunks_too(serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    site = await serve([head + b'b\r\n{"events": \r\n3\r\n[]}\r\n0\r\n\r\n'])
    assert await site.log("g") == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer("503 Service Unavailable", b""), "GET /api/games/g/events was answered with 503"),
        (answer("200 OK", b"<html>"), "the answer to GET /api/games/g/events is none of the protocol's"),
        (b"SSH-2.0\r\n", "Expected HTTP/"),
    ],
)
async def test_what_is_no_server_of_the_protocol_is_told_in_a_sentence(
    serve: Serve, given: bytes, reason: str
) -> None:
    site = await serve([given])
    with pytest.raises(Unreachable) as caught:
        await site.log("g")
    assert str(caught.value).startswith(f"{site.url} cannot be played at: {reason}")


async def test_a_server_that_is_not_there_is_told_in_a_sentence() -> None:
    with pytest.raises(Unreachable, match="cannot be played at"):
        await Site("http://127.0.0.1:1").create()
