"""Figures of a run, as a table and as JSON."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from tests.faults.checker import Kind, Violation


@dataclass
class Figures:
    """Counted during the run, and completed at its end."""

    seed: int
    servers: int
    spectators: int
    tables: int
    seconds: float = 0
    games: int = 0
    accepted: int = 0
    events: int = 0
    flags: int = 0
    agreed: dict[str, int] = field(default_factory=dict)
    """Numbers of what players agreed to, by name."""
    felt: dict[str, int] = field(default_factory=dict)
    """Counts of the effects of faults on clients, by name."""
    slowest_drain: float = 0
    reconnects: list[float] = field(default_factory=list)
    """Time that sockets took to be welcomed again after a rolling restart closed them, in seconds."""
    healing: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Time that each fault took to heal, in seconds, by kind."""
    left_out: dict[str, str] = field(default_factory=dict)
    """The kinds that cannot be tried on this machine, and the reason."""
    violations: Sequence[Violation] = ()

    @property
    def faults(self) -> int:
        return sum(len(times) for times in self.healing.values())

    def as_json(self) -> dict[str, Any]:
        found = Counter(violation.kind for violation in self.violations)
        return {
            "seed": self.seed,
            "servers": self.servers,
            "tables": self.tables,
            "spectators": self.spectators,
            "seconds": round(self.seconds, 1),
            "games": self.games,
            "accepted": self.accepted,
            "events": self.events,
            "flags": self.flags,
            "agreed": self.agreed,
            "felt": self.felt,
            "faults": self.faults,
            "kinds": len(self.healing),
            "slowest_drain": round(self.slowest_drain, 3),
            "reconnects": _summary(self.reconnects),
            "healing": {kind: _summary(times) for kind, times in self.healing.items()},
            "left_out": self.left_out,
            "violations": {kind.value: found[kind] for kind in Kind},
        }

    def __str__(self) -> str:
        lines = [f"{'fault':<34}{'number':>7}{'healed in, median':>19}{'max':>9}"]
        for kind, times in sorted(self.healing.items()):
            lines.append(f"{kind:<34}{len(times):>7}{median(times):>17.2f} s{max(times):>7.2f} s")
        lines += [f"{kind:<34}left out: {why}" for kind, why in self.left_out.items()]
        lines += [
            "",
            f"{self.faults} faults of {len(self.healing)} kinds in {self.seconds:.0f} s, seed {self.seed}",
            f"{self.games} games at {self.tables} tables with {self.spectators} spectators each,"
            f" {self.servers} servers: {self.accepted} commands accepted, {self.events} events in the log,"
            f" {self.flags} games ended by a clock",
            "agreed to: " + ", ".join(f"{what} {number}" for what, number in self.agreed.items()),
            ", ".join(f"{what} {number}" for what, number in self.felt.items()),
            f"slowest drain {self.slowest_drain:.2f} s",
        ]
        if self.reconnects:
            told = _summary(self.reconnects)
            lines.append(
                f"back after a rolling restart: {told['number']} sockets,"
                f" median {told['median']:.2f} s, p99 {told['p99']:.2f} s, max {told['max']:.2f} s"
            )
        found = Counter(violation.kind for violation in self.violations)
        lines.append(", ".join(f"{kind} {found[kind]}" for kind in Kind))
        return "\n".join(lines)


def _summary(times: Sequence[float]) -> dict[str, float]:
    if not times:
        return {"number": 0}
    p99 = quantiles(times, n=100, method="inclusive")[98] if len(times) > 1 else times[0]
    middle, longest = round(median(times), 3), round(max(times), 3)
    return {"number": len(times), "median": middle, "p99": round(p99, 3), "max": longest}
