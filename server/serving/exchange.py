"""A request over HTTP and its answer: one that is whole goes out in one system call."""

from typing import Any

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

BODILESS = frozenset({204, 304})
"""Statuses of answers that have no body, and need not say so (RFC 9110, section 8.6)."""
SPECIAL = frozenset({b"connection", b"transfer-encoding"})
"""Headers that say more of the connection than that an answer has so many bytes."""


class Exchange(RequestResponseCycle):
    """uvicorn's, which writes the head of an answer and its body one after the other, and looks at each
    header with regular expressions. An answer that comes in pieces still goes that way.

    The head is held back until the body comes, as the ASGI specification asks for.
    """

    _head: Message | None = None

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is None:
            await super().send(message)
        elif whole := self._whole(head, message):
            self._answer(whole)
        else:
            await super().send(head)  # type: ignore[arg-type]
            await super().send(message)

    def _whole(self, head: Message, message: Message) -> bytes | None:
        """The answer as it goes over the wire; None where uvicorn is to see to it."""
        if message.get("more_body") or self.flow.write_paused or self.disconnected:
            return None
        body: bytes = message.get("body", b"")
        status = head["status"]
        lines = [STATUS_LINE[status]]
        knows_size = status in BODILESS
        for name, value in (*self.default_headers, *head["headers"]):
            if name in SPECIAL:
                return None
            if name == b"content-length":
                knows_size = int(value) == len(body)
            lines.append(b"%b: %b\r\n" % (name, value))
        if not knows_size:
            return None
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        whole = b"".join(lines)
        if not whole.count(b"\r") == whole.count(b"\n") == len(lines):
            return None  # a header has a line break in it, which uvicorn refuses
        return whole + b"\r\n" if self.scope["method"] == "HEAD" else b"%b\r\n%b" % (whole, body)

    def _answer(self, whole: bytes) -> None:
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(whole)
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
