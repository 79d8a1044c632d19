"""Token buckets: an even rate, with some freedom to go ahead of it."""

import time
from collections.abc import Callable


class TokenBucket:
    """Allows `rate` things a second in the long run, and `burst` at once."""

    __slots__ = "_at", "_burst", "_clock", "_rate", "_tokens"

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._at = burst, clock()

    def try_spend(self) -> bool:
        """Spend a token if there is one; returns whether there was."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def wait(self) -> float:
        """Time from the last try until there is a token, in seconds."""
        return max(0.0, (1 - self._tokens) / self._rate)
