"""One end of a link through the proxy: an asyncio protocol that passes bytes on and can be held."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Protocol, cast


class Carrier(Protocol):
    """The link that both ends belong to."""

    client: "Side"
    server: "Side"

    def carry(self, data: bytes, to: "Side") -> None: ...

    def ended(self, side: "Side") -> None: ...


class Side(asyncio.Protocol):
    """The client's end or the server's. It reads only while nothing holds it."""

    def __init__(self, link: Carrier) -> None:
        self._link = link
        self._transport: asyncio.Transport | None = None
        self._gone = False
        self._holds = 0
        self._early = b""
        self.made: Callable[[], Any] | None = None
        """Called when the connection is made."""

    @property
    def _other(self) -> "Side":
        return self._link.server if self is self._link.client else self._link.client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        if self._other._gone:
            self._transport.abort()
            return
        if self._early:
            self._transport.write(self._early)
        if self._holds:
            self._transport.pause_reading()
        if self.made:
            self.made()

    def data_received(self, data: bytes) -> None:
        self._link.carry(data, self._other)

    def pause_writing(self) -> None:
        self._other.hold()

    def resume_writing(self) -> None:
        self._other.go_on()

    def connection_lost(self, error: Exception | None) -> None:
        self._gone = True
        self._link.ended(self)

    def write(self, data: bytes) -> None:
        """Send `data`, as soon as the connection is made."""
        if self._transport is None:
            self._early += data
        elif not self._gone:
            self._transport.write(data)

    def hold(self) -> None:
        """Stop reading until `go_on` was called as often as this."""
        self._holds += 1
        if self._transport and not self._gone:
            self._transport.pause_reading()

    def go_on(self) -> None:
        self._holds -= 1
        if self._transport and not self._gone and not self._holds:
            self._transport.resume_reading()

    def close(self) -> None:
        """Close the connection after the bytes that wait to be written."""
        if self._transport and not self._gone:
            self._transport.close()

    def abort(self) -> None:
        self._gone = True
        if self._transport:
            self._transport.abort()

    def set_option(self, option: int, value: int | bytes) -> None:
        if self._transport and not self._gone:
            with contextlib.suppress(OSError):
                self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, option, value)
