"""`python -m tests.load`: plays on a server over real sockets, measures, and checks what clients were told.

Exits with 1 where a promise was broken, and with 2 where the server could not be played on.
"""

import argparse
import json
import resource
import sys
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.load.crew import Stopped, run
from tests.load.plan import Plan, Scenario
from tests.load.progress import Progress
from tests.load.report import as_json, milliseconds, remarks, table
from tests.load.result import Result
from tests.load.search import FIRST, search, step

SHORT = 5.0
"""Duration of the trial of each rate in a search for the highest, in seconds."""


def main() -> None:
    options = _options()
    _allow_sockets()
    progress = Progress()
    try:
        violated = _find_max(options, progress) if options.find_max else _run(options, progress)
    except Stopped as stopped:
        progress.end()
        print(stopped, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        progress.end()
        print("Ended early.", file=sys.stderr)
        sys.exit(130)
    sys.exit(bool(violated))


def _run(options: argparse.Namespace, progress: Progress) -> list[str]:
    plan = _plan(options)
    result = run(plan, progress)
    progress.end()
    if not result.histograms.of:
        raise Stopped(f"Nothing could be measured at {plan.url}: {'; '.join(remarks(result))}")
    print(table(plan, result))
    if options.json:
        options.json.write_text(json.dumps(as_json(plan, result), indent=2, ensure_ascii=False) + "\n")
    if options.html:
        from tests.load.page import page

        options.html.write_text(page(plan, result))
    return result.violations


def _find_max(options: argparse.Namespace, progress: Progress) -> list[str]:
    violations: list[str] = []
    steps = []

    def attempt(rate: float) -> bool:
        plan = replace(_plan(options), rate=rate, scenario=Scenario.PLAY)
        result = run(plan, progress)
        progress.end()
        tried = step(rate, result)
        steps.append(tried)
        violations.extend(result.violations)
        kept_up = tried.within(options.p99)
        verdict = "kept up" if kept_up else "too much" if tried.sound else f"not sound: {_worst(result)}"
        print(
            f"{rate:>9,.0f} moves/s asked for  {tried.made:>9,.0f} made"
            f"  p99 {milliseconds(tried.p99):>8} ms  {verdict}",
            flush=True,
        )
        return kept_up

    highest = search(attempt, options.rate or FIRST)
    print(
        f"\n{highest:,.0f} moves/s is the highest rate with p99 of move → opponent within {options.p99:g} ms."
    )
    if options.json:
        found = {"highest": highest, "p99_ms": options.p99, "steps": [asdict(tried) for tried in steps]}
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return violations


def _worst(result: Result) -> str:
    return result.violations[0] if result.violations else ", ".join(result.errors)


def _allow_sockets() -> None:
    """Let this process and those that it starts have as many sockets as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _plan(options: argparse.Namespace) -> Plan:
    games, spectators = options.games, options.spectators
    crowd, spike = options.scenario is Scenario.CROWD, options.scenario is Scenario.SPIKE
    if games is None:
        games = 1 if crowd else 50 if spike else 200
    if spectators is None:
        spectators = 2000 if crowd else 20 if spike else 0
    return Plan(
        url=options.url.rstrip("/"),
        scenario=options.scenario,
        games=games,
        spectators=spectators,
        duration=options.duration or (SHORT if options.find_max else 30),
        warmup=options.warmup,
        rate=options.rate,
        processes=options.processes,
        storms=options.storms,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server's")
    parser.add_argument(
        "--scenario",
        type=Scenario,
        choices=list(Scenario),
        default=Scenario.PLAY,
        metavar="NAME",
        help="play: whole games (the default). spike: all spectators of all games come at once. crowd: one"
        " game before many. storm: all sockets of a running load are cut, again and again",
    )
    parser.add_argument("--games", type=_count, help="how many at a time: 200; of a spike 50; of a crowd 1")
    parser.add_argument(
        "--spectators", type=_count_or_0, help="how many watch each: 0; of a spike 20; of a crowd 2000"
    )
    parser.add_argument("--duration", type=_positive, help="in s: 30, or 5 for each rate of --find-max")
    parser.add_argument("--warmup", type=_count_or_0, default=1, help="in s, not measured")
    parser.add_argument("--rate", type=_positive, help="moves/s over all games; flat out without it")
    parser.add_argument("--processes", type=_count, default=1, help="how many play")
    parser.add_argument("--storms", type=_count, default=3, help="how often a storm cuts all sockets")
    parser.add_argument("--find-max", action="store_true", help="search the highest rate within --p99")
    parser.add_argument("--p99", type=_positive, default=50.0, help="of move → opponent, in ms, at most")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--html", type=Path, help="where to write the page with the pictures")
    options = parser.parse_args()
    parts = urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        parser.error("--url is like http://127.0.0.1:8000")
    plan = _plan(options)
    if plan.processes > plan.games:
        parser.error("there are no more processes than games, and a crowd's game is one")
    if options.scenario in (Scenario.SPIKE, Scenario.CROWD) and not plan.spectators:
        parser.error(f"a {options.scenario} needs --spectators")
    if options.scenario is Scenario.CROWD and (plan.games > 1 or plan.rate):
        parser.error("a crowd watches one game, each move of which waits for the last spectator")
    if options.find_max and options.scenario is not Scenario.PLAY:
        parser.error("--find-max is of the scenario play")
    for path in filter(None, (options.json, options.html)):
        if not path.absolute().parent.is_dir():
            parser.error(f"{path.parent} is no folder")
    return options


def _count(value: str) -> int:
    if (number := int(value)) < 1:
        raise ValueError
    return number


def _count_or_0(value: str) -> int:
    if (number := int(value)) < 0:
        raise ValueError
    return number


def _positive(value: str) -> float:
    if not 0 < (number := float(value)) < float("inf"):
        raise ValueError
    return number


if __name__ == "__main__":
    main()
