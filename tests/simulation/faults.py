"""What may go wrong in a run, and how often: the seed decides, so that each run is wicked in its own way."""

from dataclasses import dataclass
from random import Random

SWEEP_OFF = 0.25
"""The share of runs without the sweep. It would heal what another way of healing leaves out, and hide it."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances from 0 to 1 of what can happen to one call or message, and the `kinds` of what is done to all.

    `pause` is how long it takes from one of those to the next on average, in seconds.
    """

    store_lost: float = 0.0
    """A call to the store fails and had no effect."""
    store_unknown: float = 0.0
    """A call to the store fails and had its effect all the same, then or later."""
    store_slow: float = 0.0
    bus_lost: float = 0.0
    bus_twice: float = 0.0
    bus_slow: float = 0.0
    """A message of the bus is late, and others overtake it."""
    socket_slow: float = 0.0
    kinds: tuple[str, ...] = ()
    pause: float = 1.0


NONE = Faults()

HARMLESS = ("cut_socket", "slow_socket", "cut_bus", "restart_bus")
"""What is healed without the sweep: by reconnecting, by reading on subscribing, and by the version check."""
KINDS = (*HARMLESS, "crash", "crash", "drain", "deaf_bus", "store_away")


@dataclass(frozen=True, slots=True)
class Habits:
    """Chances from 0 to 1 of how a client behaves, each time it could."""

    blind: float = 0.0
    """A move says nothing of the version it was decided on."""
    foul: float = 0.0
    """A command is given that should be refused."""
    again: float = 0.0
    """A command is sent once more, answered or not."""
    resign: float = 0.0
    leave: float = 0.0
    """A client closes its socket, and comes back."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a seed decides beforehand."""

    faults: Faults
    sweeps: bool
    shuffle: bool
    servers: int
    games: int
    window: float
    """How long faults happen and commands are given, in seconds."""
    think: float
    """How long a player thinks about a move at most, in seconds."""
    wires: bool
    """Whether frames are written past ASGI, as under uvicorn, or sent through it, as elsewhere."""
    outbox: int
    """How many messages may wait for one socket."""
    rate: float | None
    """How many messages a second a socket may send, where that is limited."""
    trickling: bool
    """Whether a spectator reads slowly all the time, when faults have long ended too."""
    restless: bool
    """Whether a spectator comes and goes all the time."""
    tabs: bool
    """Whether yellow plays in two tabs."""
    habits: Habits


def _some(rng: Random, most: float) -> float:
    """A chance of up to `most`, and often none at all."""
    return max(0.0, most * (2 * rng.random() - 1))


def choose(rng: Random) -> Setting:
    """The setting of one run."""
    sweeps = rng.random() >= SWEEP_OFF
    kinds = KINDS if sweeps else HARMLESS
    faults = Faults(
        store_lost=_some(rng, 0.2) if sweeps else 0.0,
        store_unknown=_some(rng, 0.2) if sweeps else 0.0,
        store_slow=_some(rng, 0.3),
        bus_lost=_some(rng, 0.6) if sweeps else 0.0,
        bus_twice=_some(rng, 0.5),
        bus_slow=_some(rng, 0.6),
        socket_slow=_some(rng, 0.3),
        kinds=tuple(rng.sample(kinds, rng.randrange(len(kinds) + 1))),
        pause=rng.uniform(0.05, 0.5),
    )
    return Setting(
        faults=faults,
        sweeps=sweeps,
        shuffle=rng.random() < 0.7,
        servers=2 if rng.random() < 0.9 else 3,
        games=1 if rng.random() < 0.8 else 2,
        window=rng.uniform(0.4, 2.2),
        think=rng.uniform(0.005, 0.06),
        wires=rng.random() < 0.7,
        outbox=256 if rng.random() < 0.6 else rng.randrange(2, 9),
        rate=None if rng.random() < 0.8 else rng.uniform(5, 50),
        trickling=sweeps and rng.random() < 0.15,
        restless=rng.random() < 0.3,
        tabs=rng.random() < 0.3,
        habits=Habits(
            blind=_some(rng, 1.0),
            foul=_some(rng, 0.3),
            again=_some(rng, 0.3),
            resign=_some(rng, 0.05),
            leave=_some(rng, 0.05),
        ),
    )
