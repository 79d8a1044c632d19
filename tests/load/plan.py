"""The plan of a run: a scenario, its size, and the part of each process."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

from tests.load.orders import mean_length
from tests.load.result import Options

MOST_SOCKETS = 4_000
"""Sockets connected before the first move, at most, in all processes together."""
MOST_GAMES = 4_000
"""Games created before the first move, at most, in all processes together."""
FASTEST = 10
"""Games that may be played at one place in a second: a move takes 2.5 ms then."""


class Scenario(StrEnum):
    """The scenarios; `python -m tests.load --help` describes them."""

    PLAY = "play"
    SPIKE = "spike"
    CROWD = "crowd"
    STORM = "storm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run. `url` is http://… or https://…; durations are in seconds, the rate in moves a second."""

    url: str
    scenario: Scenario = Scenario.PLAY
    games: int = 200
    spectators: int = 0
    duration: float = 30.0
    warmup: int = 1
    rate: float | None = None
    processes: int = 1
    storms: int = 3

    @property
    def socket_url(self) -> str:
        """The address for WebSockets."""
        return "ws" + self.url.rstrip("/").removeprefix("http")

    def part(self, number: int) -> "Plan":
        """The part of process `number`, from 0: its share of the games, and of the rate with them."""
        games = self.games // self.processes + (number < self.games % self.processes)
        rate = self.rate and self.rate * games / self.games
        return replace(self, games=games, rate=rate)

    @property
    def sockets(self) -> int:
        """The number of sockets of a game."""
        return 2 + self.spectators

    @property
    def ahead(self) -> int:
        """The number of further games that one process connects before the first move: as many as may be
        needed, unless they have too many sockets."""
        fitting = MOST_SOCKETS // self.processes // self.sockets - self.games
        return max(min(fitting, self.needed), min(self.games, 20))

    @property
    def needed(self) -> int:
        """The number of further games that one process creates before: as many as may be played, unless
        they are too many. Without a rate that is not known."""
        most, seconds = MOST_GAMES // self.processes, self.duration + self.warmup
        if self.rate is None:
            return min(most // 4, ceil(self.games * seconds * FASTEST))
        return min(most, ceil(self.rate * seconds / mean_length()))

    @property
    def options(self) -> Options:
        """The options of this process."""
        return Options(
            games=self.games,
            duration=self.duration,
            warmup=self.warmup,
            spectators=self.spectators,
            rate=self.rate,
            ahead=self.ahead,
            storms=self.storms if self.scenario is Scenario.STORM else 0,
        )
