"""The options of a run, and its results."""

from collections import Counter
from dataclasses import dataclass, field

from tests.load.histogram import Histograms
from tests.load.recorder import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run."""

    games: int
    """Number of games at a time."""
    duration: float
    """Duration of the measurement, in seconds."""
    warmup: float = 0
    """Time of play before the measurement, in seconds."""
    spectators: int = 0
    """Number of spectators of each game."""
    rate: float | None = None
    """Moves a second over all games, each latency measured from when the move was due; None for no pauses."""
    accepted: bool = True
    """True where the next move waits for `accepted` too, beside the opponent's socket."""
    everybody: bool = False
    """True where the next move waits for the socket of every spectator."""
    ahead: int = 1_000
    """Number of further games whose sockets are connected before the first move."""
    linger: bool = False
    """True where sockets of finished games stay until the end of the measurement, so that closing them
    costs nothing."""
    storms: int = 0
    """Number of times that all sockets are cut, evenly over the duration. Where it is not 0, lost sockets
    come back."""


@dataclass(frozen=True, slots=True)
class Second:
    """The figures of one second of the measurement."""

    number: int
    moves: int
    taken: Taken
    errors: Counter[str]
    """Errors since the beginning."""
    late: bool = False
    """True for what was still on its way when the time was over; it is no second, and has no moves."""


@dataclass
class Result:
    """The results of a run."""

    moves: int = 0
    """Moves of which everything awaited came within the measured time."""
    seconds: float = 0.0
    """The measured time, in seconds; shorter than asked for where the games ran out."""
    unmade: int = 0
    """Moves that were due by the schedule and not made, because no game was ready."""
    starved: int = 0
    """Number of finished games that no other followed at once, because none was ready."""
    games: int = 0
    """Number of games played, to their end or not."""
    client_seconds: float = 0.0
    """Processor time of the load itself within the measured time, in seconds."""
    errors: Counter[str] = field(default_factory=Counter)
    each_second: list[int] = field(default_factory=list)
    """The number of moves of each second."""
    violations: list[str] = field(default_factory=list)
    """Broken promises of the server, each in a sentence."""
    histograms: Histograms = field(default_factory=Histograms)

    @property
    def moves_per_second(self) -> float:
        return self.moves / self.seconds if self.seconds else 0.0

    def add(self, other: "Result") -> None:
        """Add the results of another process at the same time, except its histograms."""
        self.moves += other.moves
        self.seconds = max(self.seconds, other.seconds)
        self.unmade += other.unmade
        self.starved += other.starved
        self.games += other.games
        self.client_seconds += other.client_seconds
        self.errors += other.errors
        self.violations += other.violations
