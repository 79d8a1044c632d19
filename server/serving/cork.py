"""The head of an answer and its body in one system call, which are two writes of uvicorn's."""

import asyncio


class Cork:
    """A transport for one answer. Its first piece is held back and written together with the second; where
    that does not come in the same tick of the event loop, by itself in the next one."""

    __slots__ = ("_head", "_loop", "_transport", "_whole")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head = b""
        self._whole = False
        """True once the first piece is on its way."""

    def write(self, data: bytes) -> None:
        if self._whole:
            self._transport.write(data)
        elif self._head:
            self._head += data
            self._pull()
        else:
            self._head = data
            self._loop.call_soon(self._pull)

    def close(self) -> None:
        self._pull()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _pull(self) -> None:
        if not self._whole and self._head:
            self._whole = True
            self._transport.write(self._head)
