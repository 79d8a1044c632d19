"""How much of this server one address may have, and how much all together."""

import contextlib
import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator

from server.errors import TooMany
from server.serving.rate_limit import TokenBucket
from server.settings import Settings

REMEMBERED = 10_000
"""Of how many addresses it is remembered how many games they created; of the longest silent, no more."""


class Limits:
    """What is counted by address. Addresses of this machine are exempt unless the settings say otherwise.

    An address is None where the server does not listen at one (a Unix socket): that is this machine too.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._sockets: Counter[str | None] = Counter()
        self._all_sockets = 0
        self._games: OrderedDict[str | None, TokenBucket] = OrderedDict()

    @contextlib.contextmanager
    def socket(self, address: str | None) -> Iterator[None]:
        """Count a socket from `address` while the context lasts. Raises TooMany."""
        line = _line(address)
        if self._all_sockets >= self._settings.max_sockets:
            raise TooMany("max_sockets")
        if not self._exempt(address) and self._sockets[line] >= self._settings.sockets_per_address:
            raise TooMany("sockets_per_address")
        self._sockets[line] += 1
        self._all_sockets += 1
        try:
            yield
        finally:
            self._all_sockets -= 1
            self._sockets[line] -= 1
            if not self._sockets[line]:
                del self._sockets[line]

    def messages(self, address: str | None) -> TokenBucket | None:
        """What one socket from `address` may send, or None for as much as it likes."""
        if self._exempt(address):
            return None
        rate = self._settings.message_rate
        return TokenBucket(rate, 2 * rate, self._clock)

    def may_create(self, address: str | None) -> bool:
        """Whether `address` may create one more game now; counts it where it may."""
        if self._exempt(address):
            return True
        line = _line(address)
        bucket = self._games.pop(line, None)
        if bucket is None:
            per_minute = self._settings.games_per_minute
            bucket = TokenBucket(per_minute / 60, max(per_minute, 1), self._clock)
        self._games[line] = bucket
        if len(self._games) > REMEMBERED:
            self._games.popitem(last=False)
        return bucket.try_spend()

    def _exempt(self, address: str | None) -> bool:
        if self._settings.limit_loopback:
            return False
        try:
            return address is None or ipaddress.ip_address(address).is_loopback
        except ValueError:  # a name, where a proxy says so
            return False


def _line(address: str | None) -> str | None:
    """What is counted as one: an address, or with IPv6 the /64 that one line has to itself."""
    if address is None or ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
