"""The server's figures, for Prometheus.

Counting is adding to an integer, because it is done several times a move; names and labels are added when
somebody asks. With several workers the integers lie in files that every worker can read, so that any of them
answers for all.
"""

import mmap
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from server.game.rejected import Code
from server.metrics.kinds import BOUNDS, OTHER, SUM, Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

CLOSE_CODES = (1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4401, 4404, 4409)
"""Close codes that are counted one by one; a client may send any, and the rest are `other`."""
PROJECTIONS = ("deadlines", "games", "log", "ratings", OTHER)
"""Projections whose lag is shown."""

Counts = list[int] | memoryview
"""One process's figures, each at its own index."""

_figures = Figures()
_PID = _figures.allot()
"""The index of the id of the process that counts, 0 once it has ended."""
_BEATS = _figures.allot()
"""The index of a number that grows for as long as the process's event loop runs; 0 before."""


_of_projections = partial(_figures.labelled_gauge, label="projection", values=PROJECTIONS)

SOCKETS = _figures.gauge("connect4_sockets", "WebSockets open now.")
GAMES_WATCHED = _figures.gauge("connect4_games_watched", "Games with a socket here.")
POSTGRES_UP = _figures.gauge("connect4_postgres_up", "Whether Postgres can be used.")
REDIS_UP = _figures.gauge("connect4_redis_up", "Whether messages get through Redis, out and back.")
ACCEPTED = _figures.counter("connect4_commands_accepted", "Commands that were recorded, or were before.")
REJECTED = _figures.labelled_counter("connect4_commands_rejected", "Commands refused, by code.", "code", Code)
TOLD_UNAVAILABLE = _figures.labelled_counter(
    "connect4_unavailable",
    "Times that somebody was told to try again later because the database could not be used.",
    "told",
    ("command", "request", "socket"),
)
LIMIT_HITS = _figures.labelled_counter(
    "connect4_limit_hits",
    "Times that a limit was reached, by limit.",
    "limit",
    (
        "max_sockets",
        "sockets_per_address",
        "games_per_minute",
        "computer_games_per_address",
        "handovers_per_minute",
        "lists_per_minute",
        "players_per_minute",
        "secrets_per_minute",
        "handshakes_per_minute",
        "message_rate",
        "bad_messages",
        "commands_waiting",
        "open_files",
    ),
)
ORIGINS_REFUSED = _figures.counter(
    "connect4_origins_refused", "WebSocket handshakes refused because another site's page asked for them."
)
CLOSES = _figures.labelled_counter(
    "connect4_closes", "WebSockets closed by either side, by code.", "code", (*CLOSE_CODES, OTHER)
)
PASSED_ON = _figures.counter(
    "connect4_connections_passed_on", "Connections passed on to the worker that is their game's home."
)
STATEMENTS = _figures.counter("connect4_statements", "SQL statements sent to Postgres.")
PUBLISHES = _figures.counter("connect4_publishes", "Round trips to Redis that publish.")
FRAMES_ENCODED = _figures.counter("connect4_frames_encoded", "Frames of events made for what was recorded.")
THINKERS = _figures.gauge("connect4_thinkers", "Processes that think for the computer player.")
THOUGHTS = _figures.counter("connect4_thoughts", "Moves that the computer player has thought about.")
THOUGHTS_SMALLER = _figures.counter(
    "connect4_thoughts_smaller",
    "Of these, those with a smaller budget than usual, because its processes were busy or slow.",
)
SWEEP_FOUND = _figures.counter("connect4_sweep_found", "Games found to have more than was told.")
LOST_RACES = _figures.counter("connect4_lost_races", "Appends that another writer was faster than.")
MATCHES = _figures.labelled_counter(
    "connect4_matches",
    "People who wanted to play now, by whether somebody waited for them or a game was opened.",
    "outcome",
    ("matched", "opened"),
)
LOBBY_SOCKETS = _figures.gauge("connect4_lobby_sockets", "WebSockets open now that watch the lobby.")
APPEND = _figures.histogram(
    "connect4_append_seconds",
    "Time from an append to its being durable: of all that are committed together, that of the first.",
)
DELIVERY = _figures.histogram(
    "connect4_delivery_seconds", "Time from a commit made here to its being written to the sockets here."
)
BELL = _figures.histogram(
    "connect4_redis_seconds", "Time that a message takes through Redis and back, once a second."
)
PROJECTION_LAG = _of_projections(
    "connect4_projection_lag_events", "Recorded events that a projection has not folded."
)
PROJECTION_LAG_SECONDS = _of_projections(
    "connect4_projection_lag_seconds",
    "Age of the oldest event that a projection has not folded.",
    unit=0.001,
)
PROJECTION_HELD_BACK = _of_projections(
    "connect4_projection_held_back_events",
    "Events that a projection cannot read yet, because an older transaction is still open.",
)
PROJECTION_STOPPED = _of_projections(
    "connect4_projection_stopped", "Whether a projection stopped at an event that it cannot fold."
)

_MOST = tuple(
    index
    for labels in (PROJECTION_LAG, PROJECTION_LAG_SECONDS, PROJECTION_HELD_BACK, PROJECTION_STOPPED)
    for index in labels.values()
)
"""Figures of which the highest of all workers holds."""
_NOW = (SOCKETS, GAMES_WATCHED, LOBBY_SOCKETS, THINKERS, POSTGRES_UP, REDIS_UP, *_MOST)
"""Figures that say how things are now: they mean nothing once their process has ended."""
_OF_PROCESS = (*_NOW, _PID, _BEATS)
"""Figures that are those of one process; the others are a worker's, whichever process it is."""
_LEAST = (POSTGRES_UP, REDIS_UP)
"""Figures of which the lowest of all workers holds; any other is the sum."""


class Metrics:
    """One process's figures, in `counts`: add to them, at the constants above.

    With several workers `file` is this one's, and its name is the worker's. The other workers' lie beside it.
    A worker that is started again goes on with the file of the one before, so that no counter falls.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.counts: Counts = [0] * _figures.size if file is None else _mapped(file)
        for index in _OF_PROCESS:
            self.counts[index] = 0
        self.counts[_PID] = os.getpid()
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(self))

    def beat(self) -> None:
        """Show that the event loop runs."""
        self.counts[_BEATS] += 1

    def count_statement(self) -> None:
        """Count a statement that is sent to Postgres."""
        self.counts[STATEMENTS] += 1

    def count_close(self, code: int) -> None:
        """Count a WebSocket that was closed with `code`."""
        self.counts[CLOSES[str(code)]] += 1

    def count_appends(self, nanoseconds: int, number: int) -> None:
        """Count appends that were committed together, so long after the first of them was given."""
        self.observe(APPEND, nanoseconds, number)

    def observe(self, histogram: int, nanoseconds: int, times: int = 1) -> None:
        """Add a duration to `histogram`, so many times."""
        counts = self.counts
        counts[histogram + bisect_left(BOUNDS, nanoseconds)] += times
        counts[histogram + SUM] += nanoseconds * times

    def text(self) -> bytes:
        """All figures, of all workers, in Prometheus' text format."""
        return generate_latest(self._registry)

    def of_all_workers(self) -> dict[str, Sequence[int]]:
        """The figures of each worker by its name; of a single process, under an empty name."""
        if self._file is None:
            return {"": self.counts}
        files = sorted(self._file.parent.iterdir(), key=lambda file: (len(file.name), file.name))
        return {file.name: counts for file in files if len(counts := _read(file)) == _figures.size}


class _Collector(Collector):
    """Puts names and labels to the figures, for prometheus_client."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        workers = self._metrics.of_all_workers()
        total = [sum(counts) for counts in zip(*workers.values(), strict=True)]
        running = {name: counts for name, counts in workers.items() if counts[_PID]}
        for index in _LEAST:
            total[index] = min(counts[index] for counts in running.values())
        for index in _MOST:
            total[index] = max(counts[index] for counts in running.values())
        for family in _figures.families:
            yield family.metric(total)
        yield from _of_processes({name: counts[_PID] for name, counts in running.items()})


def _of_processes(pids: dict[str, int]) -> Iterable[Metric]:
    """Memory, processor time and open files of each process, as Prometheus' own clients name them."""
    families: dict[str, Metric] = {}
    for worker, pid in pids.items():
        for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
            family = families.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
            for sample in metric.samples:
                labels = sample.labels | ({"worker": worker} if worker else {})
                family.add_sample(sample.name, labels, sample.value)
    return families.values()


def forget_worker(file: Path) -> None:
    """Take the worker that counted in `file` and has ended out of what is shown as being so now."""
    if file.exists():
        counts = _mapped(file)
        for index in _OF_PROCESS:
            counts[index] = 0


def beats(file: Path) -> int:
    """A number that grows for as long as the event loop of the worker that counts in `file` runs; 0 until it
    serves."""
    counts = _read(file) if file.exists() else ()
    return counts[_BEATS] if counts else 0


def _mapped(file: Path) -> memoryview:
    """The integers in `file`, shared with all who read it. Makes the file where there is none."""
    with open(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as opened:
        opened.truncate(8 * _figures.size)
        return memoryview(mmap.mmap(opened.fileno(), 8 * _figures.size)).cast("q")


def _read(file: Path) -> Sequence[int]:
    content = file.read_bytes()
    return memoryview(content).cast("q") if len(content) % 8 == 0 else ()
