"""The setting of a run, chosen by its seed: which faults happen and how often, and how clients behave."""

from dataclasses import dataclass, replace
from random import Random

from server.game.events import Clock

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
OUTAGE = 3.2, 4.5
"""Shortest and longest time for which the store is away when that is to be a downtime, in seconds."""
TIMED = ("crash_at_the_flag", "away_at_the_flag", "loses_an_offer")
"""Faults at the moments that matter to a clock or an offer."""
OF_HOMES = ("homes_disputed", "kill_home")
"""Faults of homes, beside servers that crash and drain."""
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
    manners: float = 0.0
    """A player offers or answers something, claims something, or aborts."""
    dawdle: float = 0.0
    """A player thinks until about the moment in which the time is up."""


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
    clock: Clock | None = None
    """Of the games; shorter than any that the API takes, so that flags fall in the time of a run."""
    rated: bool = False
    skew: float = 0.0
    """Most that the servers' own clocks differ from the database's, in seconds."""
    deserted: bool = False
    """True if both players of the first game go away for good, and the servers may die then."""
    abandoned: bool = False
    """True if one player of the first game goes away for good, and the other claims the game."""
    outage: bool = False
    """True if the database is away for so long that it is a downtime."""
    homes: bool = False
    """True if servers pass connections on to the game's home."""

    @property
    def processes(self) -> bool:
        """True if players do more than move and resign, so that processes have to act."""
        return self.habits.manners > 0


def _some(rng: Random, most: float) -> float:
    """A probability of up to `most`, in half of the cases 0."""
    return max(0.0, most * (2 * rng.random() - 1))


def choose(rng: Random, *, processes: bool, homes: bool = False) -> Setting:
    """Choose the setting of one run. With `processes` players make offers, and most games have clocks. With
    `homes` servers pass connections on to the game's home."""
    setting = _choose(rng)
    if processes:
        setting = _with_processes(setting, rng)
    return _with_homes(setting) if homes else setting


def _with_homes(setting: Setting) -> Setting:
    kinds = OF_HOMES if setting.sweeps else OF_HOMES[:1]
    return replace(setting, homes=True, faults=replace(setting.faults, kinds=(*setting.faults.kinds, *kinds)))


def _with_processes(setting: Setting, rng: Random) -> Setting:
    kinds = rng.sample(TIMED, rng.randrange(1, len(TIMED) + 1)) if setting.sweeps else []
    clock = Clock(initial=rng.randrange(1, 3), increment=rng.randrange(2)) if rng.random() < 0.7 else None
    abandoned = rng.random() < 0.05
    outage = setting.sweeps and not abandoned and rng.random() < 0.1
    if abandoned or outage:
        clock = Clock(initial=120 if abandoned else rng.randrange(2, 10), increment=0)
    habits = replace(setting.habits, manners=rng.uniform(0.02, 0.3), dawdle=rng.uniform(0.2, 0.8))
    if rng.random() < 0.5:  # long games, in which much is taken back
        habits = replace(habits, dawdle=habits.dawdle / 10, resign=0.0)
    if outage:  # a game has to go on until it is over
        habits = replace(habits, manners=0.02, dawdle=0.0, resign=0.0)
    return replace(
        setting,
        servers=1 if rng.random() < 0.2 else setting.servers,  # alone nobody else's referee helps
        think=rng.uniform(0.2, 1.0) if outage else setting.think,
        faults=replace(setting.faults, kinds=(*setting.faults.kinds, *kinds)),
        window=OUTAGE[1] + rng.uniform(1.5, 3.0) if outage else setting.window + rng.uniform(0.8, 1.8),
        habits=habits,
        clock=clock,
        rated=rng.random() < 0.1,
        skew=rng.choice([0.0, 0.2]),
        deserted=clock is not None and not abandoned and rng.random() < 0.25 and setting.sweeps,
        abandoned=abandoned,
        outage=outage,
    )


def _choose(rng: Random) -> Setting:
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
