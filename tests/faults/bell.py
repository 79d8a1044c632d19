"""A proxy between the servers and Valkey that silently loses a share of the publishes.

A lost publish goes to a channel without subscribers, so that Valkey answers as it does to any other.
"""

import random

from tests.faults.links import Backend, Proxy


class Bell:
    """The proxy, and the share that it loses."""

    def __init__(self, valkey: Backend, random: random.Random) -> None:
        self.share = 0.0
        """The share of publishes that is lost, from 0 to 1."""
        self.lost = self.published = 0
        self._random = random
        self.proxy = Proxy([valkey], random, lambda: Commands(self).feed)

    def loses(self) -> bool:
        """Return whether to lose the next publish, and count it."""
        self.published += 1
        lost = self._random.random() < self.share
        self.lost += lost
        return lost


class Commands:
    """The commands of one connection: RESP arrays of bulk strings, `*2\\r\\n$4\\r\\nPING\\r\\n…`."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take in `data` and return the whole commands to send on."""
        self._held += data
        passed = b""
        while arguments := self._next():
            start, end = arguments[0]
            if self._held[start:end].upper() == b"EVAL":
                self._lose_some(arguments)
            end = arguments[-1][1] + 2
            passed, self._held = passed + self._held[:end], self._held[end:]
        return passed

    def _lose_some(self, arguments: list[tuple[int, int]]) -> None:
        """Lose some channels of a script that publishes: `EVAL script 0 channel… payload…`."""
        number = (len(arguments) - 3) // 2
        for start, end in arguments[3 : 3 + number]:
            if self._bell.loses():
                self._held = self._held[:start] + b"-" * (end - start) + self._held[end:]

    def _next(self) -> list[tuple[int, int]] | None:
        """The start and end of each argument of the next command; None where it is not complete yet."""
        arguments: list[tuple[int, int]] = []
        count, at = self._number(0)
        while at and len(arguments) < count:
            length, start = self._number(at)
            if not start or len(self._held) < start + length + 2:
                return None
            arguments.append((start, start + length))
            at = start + length + 2
        return arguments or None

    def _number(self, at: int) -> tuple[int, int]:
        """The number in the line at `at`, after its `*` or `$`, and the start of the next line, or 0 where
        it is incomplete."""
        end = self._held.find(b"\r\n", at)
        return (int(self._held[at + 1 : end]), end + 2) if end > 0 else (0, 0)
