"""A server behind a relay of TCP connections, which can be as good as gone and come back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from tests.support.ports import kept_free


class Relay:
    """Passes connections to `port` on to `site`."""

    def __init__(self, site: str, port: int) -> None:
        self._there = _place(site)
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def begin(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def end(self) -> None:
        """Cut every connection, and refuse those to come."""
        assert self._server
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()

    @contextlib.asynccontextmanager
    async def gone(self) -> AsyncIterator[None]:
        """No server, for as long as the context lasts."""
        await self.end()
        try:
            yield
        finally:
            await self.begin()

    async def lead_to(self, site: str) -> None:
        """Cut every connection, and pass those to come on to another server."""
        async with self.gone():
            self._there = _place(site)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(*self._there)
        except ConnectionError:  # where no server is, nobody answers
            writer.transport.abort()
            return
        await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self._open.discard(writer)
            writer.close()


def _place(site: str) -> tuple[str, int]:
    there = urlsplit(site)
    assert there.hostname
    assert there.port
    return there.hostname, there.port


@contextlib.asynccontextmanager
async def relay(site: str) -> AsyncIterator[Relay]:
    """A relay to the server at `site`."""
    with kept_free(1) as [port]:
        begun = Relay(site, port)
        await begun.begin()
        try:
            yield begun
        finally:
            await begun.end()
