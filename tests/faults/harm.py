"""Figures of an attack: what it costs the players and the server, and whether that is within the promises."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psutil

from tests.faults.victims import Latency

COUNTED = ("opened", "sent", "told", "refused", "outlived")
"""Counts for each kind of attackers; `told` are those that were closed with 1008."""
MIB = 1024 * 1024
BUSY = 0.75
"""Share of the machine in use, without an attack, from which on others disturb the measurement."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: the latency of moves, and the number of cores that the server and the whole machine used."""

    latency: Latency
    server: float
    machine: float


@dataclass
class Figures:
    """Measurements, round by round."""

    pairs: int
    quiet: list[Round] = field(default_factory=list)
    attacked: list[Round] = field(default_factory=list)
    attacks: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    """In bytes: `before`, `most`, `after` and `bound`."""
    moves: int = 0
    failures: list[str] = field(default_factory=list)
    tracebacks: int = 0

    def latency(self) -> dict[str, dict[str, float]]:
        """Medians of the quiet and of the attacked rounds, in milliseconds, and their ratio."""
        table = {}
        for name in ("accepted", "seen"):
            for place, percentile in enumerate(("p50", "p99")):
                quiet, attacked = (
                    1000 * median(getattr(round.latency, name)[place] for round in rounds)
                    for rounds in (self.quiet, self.attacked)
                )
                table[f"{name} {percentile}"] = {
                    "quiet": round(quiet, 2),
                    "attacked": round(attacked, 2),
                    "ratio": round(attacked / quiet, 2),
                }
        return table

    def cores(self) -> dict[str, dict[str, float]]:
        """The number of cores that the server and the whole machine used, as medians of the rounds."""
        return {
            name: {
                who: round(median(getattr(one, who) for one in rounds), 2) for who in ("server", "machine")
            }
            for name, rounds in (("quiet", self.quiet), ("attacked", self.attacked))
        }

    def attackers(self) -> dict[str, dict[str, float]]:
        """For each kind: connections `opened`, frames `sent`, connections that `outlived` the limit, and
        the `longest` time that one did harm, in seconds."""
        return {
            name: {
                **{what: sum(attack[name].get(what, 0) for attack in self.attacks) for what in COUNTED},
                "longest": round(max(attack[name]["longest"] for attack in self.attacks), 2),
            }
            for name in self.attacks[0]
        }

    def complaints(self, factor: float) -> list[str]:
        """The broken promises, where moves may take `factor` times as long as in quiet rounds. The times are
        not judged on a machine that others kept busy meanwhile."""
        found = [f"a move failed: {why}" for why in self.failures]
        judged = self.cores()["quiet"]["machine"] < BUSY * (psutil.cpu_count() or 1)
        for name, row in self.latency().items():
            if judged and name.endswith("p50") and not row["ratio"] <= factor:
                found.append(f"{name} is {row['ratio']} times as long, not at most {factor}")
        if self.memory["most"] > self.memory["bound"]:
            found.append(f"{self.memory['most']} bytes of memory are more than {self.memory['bound']}")
        for name, kind in self.attackers().items():
            if kind["outlived"]:
                found.append(f"{kind['outlived']} {name} did harm for up to {kind['longest']} s")
        if self.tracebacks:
            found.append(f"{self.tracebacks} tracebacks in the log")
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "pairs": self.pairs,
            "rounds": len(self.quiet),
            "moves": self.moves,
            "failures": self.failures,
            "latency": self.latency(),
            "memory": self.memory,
            "cores": self.cores(),
            "attackers": self.attackers(),
            "tracebacks": self.tracebacks,
        }

    def __str__(self) -> str:
        lines = [f"{'from a move to':<22}{'quiet':>12}{'attacked':>12}{'ratio':>8}"]
        for name, row in self.latency().items():
            lines.append(f"{name:<22}{row['quiet']:>9.2f} ms{row['attacked']:>9.2f} ms{row['ratio']:>8.2f}")
        lines += [
            "",
            f"{'attackers':<22}{'opened':>8}{'sent':>10}{'told 1008':>11}{'over 10 s':>11}{'longest':>9}",
        ]
        for name, kind in self.attackers().items():
            counts = f"{kind['opened']:>8}{kind['sent']:>10}{kind['told']:>11}{kind['outlived']:>11}"
            lines.append(f"{name:<22}{counts}{kind['longest']:>7.2f} s")
        lines += [
            "",
            "memory: " + ", ".join(f"{name} {size / MIB:.1f} MiB" for name, size in self.memory.items()),
            "cores busy: "
            + ", ".join(
                f"{name} {cores['server']} with the server, {cores['machine']} of {psutil.cpu_count()} in all"
                for name, cores in self.cores().items()
            ),
            f"{self.pairs} pairs, {len(self.quiet)} rounds of each:"
            f" {self.moves} moves, {len(self.failures)} failed; {self.tracebacks} tracebacks",
        ]
        return "\n".join(lines)
