"""The setting of a run, chosen by its seed: which faults happen and how often, and how clients behave."""

from dataclasses import dataclass
from random import Random

SWEEP_OFF = 0.25
"""Share of the runs without the sweep, which would hide that another way of healing does not work."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Probabilities of faults of a single call or message, and the `kinds` of faults of whole parts.

    `pause` is the average time between two faults of whole parts, in seconds.
    """

    store_lost: float = 0.0
    """A call to the store fails and has no effect."""
    store_unknown: float = 0.0
    """A call to the store fails but takes effect all the same, then or later."""
    store_slow: float = 0.0
    bus_lost: float = 0.0
    bus_twice: float = 0.0
    bus_slow: float = 0.0
    """A message of the bus is late, and others overtake it."""
    socket_slow: float = 0.0
    kinds: tuple[str, ...] = ()
    pause: float = 1.0


NONE = Faults()

WITHOUT_SWEEP = ("cut_socket", "slow_socket", "cut_bus", "restart_bus")
"""Faults healed without the sweep: by reconnecting, by reading on subscribing, and by the version check."""
KINDS = (*WITHOUT_SWEEP, "crash", "crash", "drain", "deaf_bus", "store_away", "store_goes_back")


@dataclass(frozen=True, slots=True)
class Habits:
    """Probabilities of what a client does, each time that it could."""

    blind: float = 0.0
    """A move does not name the version that the player saw."""
    foul: float = 0.0
    """A command is given that is likely to be refused."""
    again: float = 0.0
    """A command is sent again, answered or not."""
    resign: float = 0.0
    leave: float = 0.0
    """A client closes its socket and comes back."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that a seed decides before the run begins."""

    faults: Faults
    sweeps: bool
    shuffle: bool
    servers: int
    games: int
    window: float
    """Time during which faults happen and commands are given, in seconds."""
    think: float
    """Longest time for which a player thinks about a move, in seconds."""
    wires: bool
    """True if frames are written past ASGI, as in production, and not sent through it."""
    outbox: int
    """Size of each socket's outbox, in frames."""
    rate: float | None
    """Limit on the messages of a socket, per second; None for no limit."""
    trickling: bool
    """True if one spectator reads slowly all the time, also after the faults."""
    restless: bool
    """True if one spectator comes and goes all the time."""
    tabs: bool
    """True if yellow plays in two tabs."""
    habits: Habits


def _some(rng: Random, most: float) -> float:
    """A probability of up to `most`, in half of the cases 0."""
    return max(0.0, most * (2 * rng.random() - 1))


def choose(rng: Random) -> Setting:
    """Choose the setting of one run."""
    sweeps = rng.random() >= SWEEP_OFF
    kinds = KINDS if sweeps else WITHOUT_SWEEP
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
