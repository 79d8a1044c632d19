"""A WebSocket client for bots: sans-I/O websockets on an asyncio protocol."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Wire(asyncio.Protocol):
    """One connection. Calls `hear` with each message, and `lost` once, with the close code or None."""

    def __init__(
        self, uri: str, hear: Callable[[dict[str, Any]], None], lost: Callable[[int | None], None]
    ) -> None:
        self._protocol = ClientProtocol(parse_uri(uri))
        self._hear, self._lost = hear, lost
        self._transport: asyncio.Transport | None = None
        self.heard_at = asyncio.get_running_loop().time()
        """Time of the last bytes from the server, in seconds of the loop's clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._hear(_decode(event.data))
            elif isinstance(event, Response) and self._protocol.handshake_exc:
                self.abort()
        self._flush()
        if self._protocol.close_expected():
            self.close()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        close = self._protocol.close_rcvd
        self._lost(close.code if close else None)

    def say(self, message: dict[str, Any]) -> None:
        """Send `message`; nothing happens where the connection is gone."""
        if self._transport and self._protocol.state.name == "OPEN":
            self._protocol.send_text(_encode(message))
            self._flush()

    def leave(self) -> None:
        """Close with a closing handshake."""
        if self._protocol.state.name == "OPEN":
            self._protocol.send_close(1000)
            self._flush()
        self.close()

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def read(self, on: bool) -> None:
        """Read what comes, or stop reading."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading() if on else self._transport.pause_reading()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and self._transport:
                self._transport.write(data)
