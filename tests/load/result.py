"""What playing is asked to be like, and what comes of it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.load.histogram import Histograms
from tests.load.recorder import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to play."""

    games: int
    """How many are played at a time."""
    duration: float
    """For how long it is measured, in seconds."""
    warmup: float = 0
    """For how long it is played before, in seconds."""
    spectators: int = 0
    """How many watch each game."""
    rate: float | None = None
    """Moves a second over all games, each latency from when the move was due; None is flat out."""
    accepted: bool = True
    """Whether the next move waits for `accepted` too, beside the opponent's socket."""
    everybody: bool = False
    """Whether it waits for every spectator's socket."""
    ahead: int = 1_000
    """How many further games have their sockets connected before the first move."""
    linger: bool = False
    """Whether sockets of games that are over stay until all is measured: then closing them costs nothing."""
    storms: int = 0
    """How often all sockets are cut, evenly over the duration. Where any, sockets that are lost come back."""


@dataclass(frozen=True, slots=True)
class Second:
    """What came of one second of the measured time."""

    number: int
    moves: int
    taken: Taken
    errors: Counter[str]
    """Since the beginning."""
    late: bool = False
    """Whether this is what was still on its way when the time was over: no second of it, and of no moves."""


@dataclass
class Result:
    """What came of all of it."""

    moves: int = 0
    """Those of which all that was awaited came within the measured time."""
    seconds: float = 0.0
    """The measured time; shorter than asked for where the games ran out."""
    unmade: int = 0
    """Moves that were due by the schedule and were not made, because no game was ready."""
    starved: int = 0
    """How often a game that was over was not followed at once, for lack of one made ready ahead."""
    games: int = 0
    """How many were played, to their end or not."""
    client_seconds: float = 0.0
    """What the load itself cost within the measured time, in seconds of a processor."""
    errors: Counter[str] = field(default_factory=Counter)
    each_second: list[int] = field(default_factory=list)
    """The moves of each second."""
    violations: list[str] = field(default_factory=list)
    """What the server may never do and did, each in a sentence."""
    histograms: Histograms = field(default_factory=Histograms)

    @property
    def moves_per_second(self) -> float:
        return self.moves / self.seconds if self.seconds else 0.0

    def add(self, other: "Result") -> None:
        """Add what another process came to at the same time, but for its histograms."""
        self.moves += other.moves
        self.seconds = max(self.seconds, other.seconds)
        self.unmade += other.unmade
        self.starved += other.starved
        self.games += other.games
        self.client_seconds += other.client_seconds
        self.errors += other.errors
        self.violations += other.violations
