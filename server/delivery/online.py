"""The number of players who are there: distinct players with a socket at a seat, over all servers.

A server that shows the number asks the others on Redis; each answers with a sample of its players. Up to some
hundreds that is all of them, and the number exact.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from server.game.events import PlayerId

SAMPLE = 1000
"""Most players in a sample. Samples hold those whose hash is below a bound, which is halved until so few are
left: so those of several servers can be put together, and their number is known to about three per cent."""
ANSWER_INTERVAL = 0.5
"""Least time between two answers, in seconds."""
EXPIRY = 5.0
"""Lifetime of another server's answer, in seconds."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """The hashes of a server's players that are below 2^(64 - `halved`)."""

    server: str
    halved: int
    hashes: list[int]


class Online:
    """Counts the players here, and those that other servers tell of. `server` is this process's name;
    `publish` sends an answer to all servers."""

    def __init__(
        self, server: str, publish: Callable[[bytes], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._server, self._publish, self._clock = server, publish, clock
        self._here: Counter[PlayerId] = Counter()
        self._elsewhere: dict[str, tuple[Sample, float]] = {}
        self._answered_at = float("-inf")

    def come(self, player: PlayerId) -> None:
        """Count a socket of `player` at a seat, until `leave` is called for it."""
        self._here[player] += 1

    def leave(self, player: PlayerId) -> None:
        self._here[player] -= 1
        if not self._here[player]:
            del self._here[player]

    def asked(self) -> None:
        """A server wants to know."""
        now = self._clock()
        if now - self._answered_at >= ANSWER_INTERVAL:
            self._answered_at = now
            self._publish(msgspec.json.encode(self._sample()))

    def heard(self, payload: bytes) -> bool:
        """Take in an answer: another server's, or the echo of our own. True if it may change the number."""
        try:
            sample = msgspec.json.decode(payload, type=Sample)
        except msgspec.MsgspecError:
            return False
        if sample.server == self._server:
            return False
        before, _ = self._elsewhere.get(sample.server, (None, 0.0))
        self._elsewhere[sample.server] = sample, self._clock()
        return sample != before

    @property
    def players(self) -> int:
        """The number of distinct players, as far as the other servers have told."""
        now = self._clock()
        self._elsewhere = {name: known for name, known in self._elsewhere.items() if now - known[1] < EXPIRY}
        if not self._elsewhere:
            return len(self._here)
        samples = [self._sample(), *(sample for sample, _ in self._elsewhere.values())]
        halved = max(sample.halved for sample in samples)
        bound = 1 << (64 - halved)
        return len({hash for sample in samples for hash in sample.hashes if hash < bound}) << halved

    def _sample(self) -> Sample:
        hashes = [_hash(player) for player in self._here]
        halved = 0
        while len(hashes) > SAMPLE:
            halved += 1
            hashes = [hash for hash in hashes if hash < 1 << (64 - halved)]
        return Sample(self._server, halved, hashes)


def _hash(player: PlayerId) -> int:
    return int.from_bytes(hashlib.blake2b(player.bytes, digest_size=8).digest())
