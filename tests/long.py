"""`python -m tests.long`: the long forms of simulation, faults, attack, outage, read models, clocks,
matching, strength, lobby and benchmark.

They run one after the other, because the last ones measure. Each prints its own figures; at the end there is
a table with a line for each. Exits with 1 where one of them found something wrong.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.simulation.seeds import run_all
from tests.support.progress import Progress, clock

ROOT = Path(__file__).parents[1]
SEEDS = 20_000
"""Size of the long simulation, in seeds."""
SHOWN = 20
"""Number of seeds that went wrong that are printed at most; each has a command that replays it."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The line of one part in the table. `seconds` is the time that it took."""

    name: str
    passed: bool
    seconds: float
    figures: str


@dataclass(frozen=True, slots=True)
class Program:
    """A part that is a program, which writes its figures as JSON into a file of this name."""

    minutes: float
    """Usual time on two cores, in minutes."""
    module: str
    options: str
    file: str
    figures: Callable[[Json], str]

    def run(self) -> tuple[bool, str]:
        """Return whether it passed, and its figures in a line."""
        path = ROOT / self.file
        path.unlink(missing_ok=True)
        command = [sys.executable, "-m", self.module, *self.options.split(), "--json", str(path)]
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            status = process.wait()
        except KeyboardInterrupt:  # it has been interrupted too, and ends what it started
            process.wait()
            raise
        except SystemExit:
            process.terminate()
            process.wait()
            raise
        return status == 0, self.figures(json.loads(path.read_text())) if path.exists() else "no figures"


def _faults(run: Json) -> str:
    healed = max((times["max"] for times in run["healing"].values()), default=0.0)
    return (
        f"{run['faults']} faults of {run['kinds']} kinds, healed within {healed:.1f} s;"
        f" {run['accepted']:,} commands accepted; {sum(run['violations'].values())} violations"
    )


def _hostile(run: Json) -> str:
    ratio = max(row["ratio"] for name, row in run["latency"].items() if name.endswith("p50"))
    share = run["memory"]["most"] / run["memory"]["bound"]
    return (
        f"{run['moves']:,} moves, {len(run['failures'])} failed; under attack {ratio:.1f} times as long"
        f" in the median; {share:.0%} of the allowed memory"
    )


def _rebuild(run: Json) -> str:
    return (
        f"{run['events']:,} events in {run['seconds']:.0f} s, {run['rate']:,} events/s;"
        f" {run['games']:,} games and {run['lists']:,} lists meanwhile; {len(run['faults'])} faults"
    )


def _clocks(run: Json) -> str:
    return (
        f"{run['games']:,} games, {run['moves']:,} moves, times off by {run['most_off_ms']:.1f} ms at most;"
        f" {run['flags']} flags, up to {run['flag_late_ms']['most']:.0f} ms late; {len(run['faults'])} faults"
    )


def _bench(run: Json) -> str:
    met = {name: row.get("met") for name, row in run["benchmarks"].items() if row.get("met") is not None}
    missed = ", ".join(name for name, reached in met.items() if not reached)
    return f"{sum(met.values())} of {len(met)} goals met" + (f"; missed: {missed}" if missed else "")


def _seeds(run: Json) -> str:
    return f"{run['seeds']:,} seeds, {run['events']:,} events; {run['wrong']} went wrong"


def _brute_force(run: Json) -> str:
    return f"{run['positions']:,} positions, {len(run['wrong'])} with another value than by brute force"


def _tournament(run: Json) -> str:
    missed = ", ".join(goal["name"] for goal in run["goals"] if not goal["met"])
    played = sum(pair["won"] + pair["drawn"] + pair["lost"] for pair in run["pairs"])
    return f"{played} games, {run['judged']['moves']:,} moves judged" + (
        f"; missed: {missed}" if missed else ""
    )


def _outage(run: Json) -> str:
    times = ", ".join(f"{name} after {time:.1f} s" for name, time in run["times"].items())
    return f"live again: {times}"


def _matching(run: Json) -> str:
    wrong = sum(bool(each) for each in run["wrong"])
    return f"{len(run['wrong'])} runs of {run['people']} people while a server was killed; {wrong} went wrong"


def _lobby(run: Json) -> str:
    behind = run["behind_ms"]
    return (
        f"{run['watchers']:,} watchers, {run['games']} games: {run['ratio']:.2f} times websockets.broadcast;"
        f" behind the log {behind['median']:.0f} ms in the median, {behind['most']:.0f} at most"
    )


def _ratings(run: Json) -> str:
    return f"{run['games']:,} games replayed to {'the same' if run['same'] else 'OTHER'} digits"


FAULTS = "--games 100 --spectators 3 --minutes 29 --moves 250000 --faults 300 --think 0.2 --hold 4"
CLUSTER = "--redis-cluster --games 50 --spectators 3 --minutes 5 --think 0.2 --kinds"
CLUSTER += " redis_slots_moved redis_master_killed redis_master_hangs"
PROGRAMS = {
    "faults": Program(30, "tests.faults", FAULTS, "faults.json", _faults),
    "cluster": Program(6, "tests.faults", CLUSTER, "cluster.json", _faults),
    "hostile": Program(2, "tests.faults.hostile", "", "hostile.json", _hostile),
    "outage": Program(3, "tests.browser.outage", "", "outage.json", _outage),
    "rebuild": Program(12, "tests.rebuild", "", "rebuild.json", _rebuild),
    "ratings": Program(2, "tests.ratings", "", "ratings.json", _ratings),
    "computer": Program(3, "tests.simulation.computer", "--seeds 5000", "computer.json", _seeds),
    "forgetting": Program(2, "tests.simulation.forgetting", "--seeds 3000", "forgetting.json", _seeds),
    "tournament": Program(20, "tests.tournament", "", "tournament.json", _tournament),
    "brute_force": Program(2, "tests.tournament.brute_force", "", "brute_force.json", _brute_force),
    "matching": Program(2, "tests.matching", "", "matching.json", _matching),
    "clocks": Program(3, "tests.clocks", "", "clocks.json", _clocks),
    "lobby": Program(2, "tests.lobby", "", "lobby.json", _lobby),
    "bench": Program(20, "tests.bench", "", "bench.json", _bench),
}
SIMULATION = "simulation"
SIMULATION_MINUTES = 5
"""Usual time of the simulation on two cores, in minutes."""
NAMES = (SIMULATION, *PROGRAMS)


def simulation(seeds: int, progress: Progress) -> tuple[bool, str]:
    """Run so many seeds; whether all went well, and the figures in a line."""
    begun, events, wrong = monotonic(), 0, 0
    for number, result in enumerate(run_all(range(seeds)), 1):
        events += result.events
        if result.violations:
            wrong += 1
            if wrong <= SHOWN:
                progress.say(str(result))
        took = clock(monotonic() - begun)
        progress.show(f"{took}  simulation: {number:,} of {seeds:,} seeds, {wrong} went wrong")
    progress.end()
    return wrong == 0, f"{seeds:,} seeds, {events:,} events; {wrong} went wrong"


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each part."""
    lines = [f"{'part':<12}{'result':<8}{'time':>7}  figures"]
    for each in outcomes:
        result = "passed" if each.passed else "FAILED"
        lines.append(f"{each.name:<12}{result:<8}{clock(each.seconds):>7}  {each.figures}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="the parts to run")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"of the simulation: {SEEDS:,}")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended early."))
    progress, outcomes = Progress(), list[Outcome]()
    minutes = sum(_minutes(name) for name in options.only)
    progress.say(f"{', '.join(options.only)}: about {minutes:.0f} minutes. Let nothing else run meanwhile.")
    try:
        for name in (name for name in NAMES if name in options.only):
            begun = monotonic()
            run = simulation(options.seeds, progress) if name == SIMULATION else PROGRAMS[name].run()
            outcomes.append(Outcome(name, run[0], monotonic() - begun, run[1]))
            print(f"\n{table(outcomes[-1:])}\n", flush=True)
    except KeyboardInterrupt:
        print("Ended early.", file=sys.stderr)
        sys.exit(130)
    if len(outcomes) > 1:
        print(table(outcomes))
    sys.exit(not all(outcome.passed for outcome in outcomes))


def _minutes(name: str) -> float:
    return SIMULATION_MINUTES if name == SIMULATION else PROGRAMS[name].minutes


if __name__ == "__main__":
    main()
