"""The heartbeat of a WebSocket: pings find out whether its peer is there, and how fast it answers."""

import asyncio
import os
from collections.abc import Callable

PING_HEAD = b"\x89\x04"
"""The head of a ping of four bytes, as a server sends it: unmasked (RFC 6455, section 5.5.2)."""
FIN_PONG = 0x8A
"""The first byte of a pong (RFC 6455, section 5.5.3)."""


class Heartbeat:
    """Sends a ping `interval` seconds after the last pong, and calls `on_silence` where its own pong does not
    come within `timeout` seconds. `write` takes a ping as it goes over the wire."""

    __slots__ = (
        "_interval",
        "_loop",
        "_on_silence",
        "_payload",
        "_sent_at",
        "_timeout",
        "_timer",
        "_write",
        "rtt",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        interval: float,
        timeout: float,
        write: Callable[[bytes], None],
        on_silence: Callable[[], None],
    ) -> None:
        self._loop, self._interval, self._timeout = loop, interval, timeout
        self._write, self._on_silence = write, on_silence
        self._payload: bytes | None = None
        """The payload of the ping that is not answered yet; random, so that nobody can answer it early."""
        self._sent_at = 0.0
        self.rtt: float | None = None
        """The time from the last ping that was answered to its pong, in seconds."""
        self._timer = loop.call_later(interval, self._ping)

    def hear(self, payload: bytes) -> bool:
        """Take a pong. Returns whether it answers the last ping; others mean nothing."""
        if payload != self._payload:
            return False
        self._payload = None
        self.rtt = self._loop.time() - self._sent_at
        self._timer.cancel()
        self._timer = self._loop.call_later(self._interval, self._ping)
        return True

    def stop(self) -> None:
        """Send no more pings, and let go of who listens."""
        self._timer.cancel()
        self._payload = None
        self._write = self._on_silence = _nothing

    def _ping(self) -> None:
        self._payload, self._sent_at = os.urandom(4), self._loop.time()
        self._timer = self._loop.call_later(self._timeout, self._on_silence)
        self._write(PING_HEAD + self._payload)


def _nothing(*_: object) -> None:
    pass
