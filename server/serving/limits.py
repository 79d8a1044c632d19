"""Limits: what one address may have of this machine, and what all of them may have together."""

import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from enum import StrEnum

from server.errors import TooMany, TooOften
from server.net.addresses import is_local, subscriber
from server.serving.rate_limit import TokenBucket
from server.settings import Settings

BUCKETS = 10_000
"""Number of token buckets that are kept of each kind; that of the address silent for longest goes first."""


class Rate(StrEnum):
    """Actions of which an address may do only so many a minute."""

    GAMES = "games"
    HANDOVERS = "handovers"
    LISTS = "lists"
    PLAYERS = "players"
    SECRETS = "secrets"
    HANDSHAKES = "handshakes"


class Counts:
    """Counts of the sockets and actions of each subscriber. Keys are those of `subscriber`."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._sockets: Counter[str] = Counter()
        self._all_sockets = 0
        self._per_minute = {
            Rate.GAMES: settings.games_per_minute,
            Rate.HANDOVERS: settings.handovers_per_minute,
            Rate.LISTS: settings.lists_per_minute,
            Rate.PLAYERS: settings.players_per_minute,
            Rate.SECRETS: settings.secrets_per_minute,
            Rate.HANDSHAKES: settings.handshakes_per_minute,
        }
        self._computer_games: OrderedDict[str, dict[str, float]] = OrderedDict()
        """Of each subscriber the games against the computer, with the moment at which each was counted."""
        self._buckets: dict[Rate, OrderedDict[str, TokenBucket]] = {rate: OrderedDict() for rate in Rate}

    def open_socket(self, key: str, exempt: bool) -> str:
        """Count one more socket of `key` if there may be one. Returns the setting whose limit is reached, or
        an empty string.

        Where `exempt`, only the limit of all sockets applies.
        """
        if self._all_sockets >= self._settings.max_sockets:
            return "max_sockets"
        if not exempt and self._sockets[key] >= self._settings.sockets_per_address:
            return "sockets_per_address"
        self._sockets[key] += 1
        self._all_sockets += 1
        return ""

    def close_socket(self, key: str) -> None:
        """Count a socket no more that was opened."""
        self._all_sockets -= 1
        self._sockets[key] -= 1
        if not self._sockets[key]:
            del self._sockets[key]

    def add_computer_game(self, key: str, game: str) -> dict[str, float]:
        """Count a game of `key` against the computer. Where there are as many as there may be it is not
        counted, and they are returned, each with its age in seconds: some may be over."""
        games = self._computer_games.setdefault(key, {})
        self._computer_games.move_to_end(key)
        if len(self._computer_games) > BUCKETS:
            self._computer_games.popitem(last=False)
        now = self._clock()
        if game not in games and len(games) >= self._settings.computer_games_per_address:
            return {other: now - since for other, since in games.items()}
        games.setdefault(game, now)
        return {}

    def end_computer_game(self, key: str, game: str) -> None:
        """Count a game no more that is over."""
        self._computer_games.get(key, {}).pop(game, None)

    def spend(self, rate: Rate, key: str) -> float:
        """Count one thing that `key` does; returns 0, or where it is one too many, when the next may be, in
        seconds from now."""
        buckets = self._buckets[rate]
        bucket = buckets.pop(key, None)
        if bucket is None:
            per_minute = self._per_minute[rate]
            bucket = TokenBucket(per_minute / 60, per_minute, self._clock)
        buckets[key] = bucket
        if len(buckets) > BUCKETS:
            buckets.popitem(last=False)
        return 0.0 if bucket.try_spend() else bucket.wait


class _CountedSocket(AbstractAsyncContextManager[None]):
    """Counts a socket while the context lasts."""

    def __init__(self, counts: Counts, key: str, exempt: bool) -> None:
        self._counts, self._key, self._exempt = counts, key, exempt

    async def __aenter__(self) -> None:
        if reached := self._counts.open_socket(self._key, self._exempt):
            raise TooMany(reached)

    async def __aexit__(self, *_: object) -> None:
        self._counts.close_socket(self._key)


class Limits:
    """The limits of a server that is one process. Addresses of this machine are exempt from those by address,
    unless the settings say otherwise.

    An address is None where the server does not listen at one (on a Unix socket): that is this machine too.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._counts = Counts(settings, clock)

    def socket(self, address: str | None) -> AbstractAsyncContextManager[None]:
        """Count a socket from `address` while the context lasts. Raises TooMany."""
        return _CountedSocket(self._counts, subscriber(address), self._exempt(address))

    async def spend(self, rate: Rate, address: str | None) -> None:
        """Count one thing that `address` does. Raises TooOften where it does it more often than it may."""
        if not self._exempt(address) and (wait := await self._spend(rate, subscriber(address))):
            raise TooOften(wait)

    async def computer_game(
        self, address: str | None, game: str, is_over: Callable[[str, float], Awaitable[bool]]
    ) -> None:
        """Count a game of `address` against the computer. `is_over` tells of one, by its age in seconds, if
        it counts no more. Raises TooMany."""
        key = subscriber(address)
        while not self._exempt(address) and (games := await self._add_computer_game(key, game)):
            over = [other for other, age in games.items() if await is_over(other, age)]
            if not over:
                raise TooMany("computer_games_per_address")
            for other in over:
                self._end_computer_game(key, other)

    def messages(self, address: str | None) -> TokenBucket | None:
        """The bucket for the messages of one socket from `address`; None where they are not limited."""
        if self._exempt(address):
            return None
        rate = self._settings.message_rate
        return TokenBucket(rate, 2 * rate, self._clock)

    async def _spend(self, rate: Rate, key: str) -> float:
        return self._counts.spend(rate, key)

    async def _add_computer_game(self, key: str, game: str) -> dict[str, float]:
        return self._counts.add_computer_game(key, game)

    def _end_computer_game(self, key: str, game: str) -> None:
        self._counts.end_computer_game(key, game)

    def _exempt(self, address: str | None) -> bool:
        return not self._settings.limit_loopback and is_local(address)
