"""Between the servers and Valkey: loses a share of what is published, and nobody is told.

What is to be lost is published to a channel to which nobody listens, so that Valkey answers as it does to
any other.
"""

import random

from tests.faults.links import Backend, Proxy


class Bell:
    """The proxy, and how much it loses."""

    def __init__(self, valkey: Backend, random: random.Random) -> None:
        self.share = 0.0
        """How many of the publishes are lost, from 0 to 1."""
        self.lost = self.published = 0
        self._random = random
        self.proxy = Proxy([valkey], random, lambda: Commands(self).feed)

    def loses(self) -> bool:
        """Whether the next one is lost; counts it."""
        self.published += 1
        lost = self._random.random() < self.share
        self.lost += lost
        return lost


class Commands:
    """What one connection sends: RESP arrays of bulk strings, `*2\\r\\n$4\\r\\nPING\\r\\n…`."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What to send on now that `data` has come: whole commands."""
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
        """Of a script that publishes: `EVAL script number channel… payload…`."""
        number = int(self._held[slice(*arguments[2])])
        for start, end in arguments[3 : 3 + number]:
            if self._bell.loses():
                self._held = self._held[:start] + b"-" * (end - start) + self._held[end:]

    def _next(self) -> list[tuple[int, int]] | None:
        """Where the arguments of the next command start and end; None where it has not all come."""
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
        """The number in the line at `at`, behind its `*` or `$`, and where the next line starts; or 0."""
        end = self._held.find(b"\r\n", at)
        return (int(self._held[at + 1 : end]), end + 2) if end > 0 else (0, 0)
