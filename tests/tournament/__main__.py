"""`python -m tests.tournament`: everybody plays everybody; a table, the goals, and JSON.

Exits with 1 where a goal is missed. The games are always the same ones, whatever machine they are played on.
"""

import argparse
import json
import sys
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

from server.game.engine import ENGINE, NODES, Level
from tests.support.progress import Progress
from tests.tournament.games import Pair, series
from tests.tournament.judge import JUDGED_FROM, Verdict, judge
from tests.tournament.players import players

GAMES = 100
"""Games of a pair."""
OPENING = 8
"""Random moves that the games of *hard* against itself begin with, which are a fifth as many."""
CHEAP = 0.05
"""Processor time that *medium* may take for its moves in a game, in seconds, on average."""

Json = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tournament", description=__doc__)
    parser.add_argument("--games", type=int, default=GAMES, help=f"of a pair: {GAMES}")
    parser.add_argument("--nodes", type=int, help=f"budget of a move of hard: {NODES[Level.HARD]:,}")
    parser.add_argument("--judged-from", type=int, default=JUDGED_FROM, metavar="PLY", help=f"{JUDGED_FROM}")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these players")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    options = parser.parse_args()
    everybody = players(options.nodes)
    names = [name for name in everybody if name in (options.only or everybody)]
    progress = Progress()
    pairs, verdict = {}, Verdict(options.judged_from)
    for one, two in (*combinations(names, 2), *([("hard", "hard")] if "hard" in names else [])):
        pair = pairs[two, one] = Pair((two, one))
        opening, games = (OPENING, options.games // 5) if one == two else (0, options.games)
        for number, game in enumerate(series(pair, everybody, games, opening)):
            progress.show(f"{two} – {one}: {number + 1} of {games} games")
            if "hard" in pair.names:
                places = {0, 1} if one == two else {pair.place("hard", number)}
                judge(game.columns, places, opening, verdict)
        won, drawn, lost = pair.results(two)
        progress.say(f"{two} – {one}: {won} won, {drawn} drawn, {lost} lost")
    progress.end()
    goals = _goals(pairs, verdict)
    figures = {
        "engine": ENGINE,
        "pairs": [_figures(pair) for pair in pairs.values() if len(set(pair.names)) == 2],
        "judged": {
            "moves": verdict.moves,
            "late": verdict.late,
            "given_away": [_written(columns) for columns, *_ in verdict.given_away],
            "overlooked": [_written(columns) for columns in verdict.overlooked],
        },
        "goals": goals,
    }
    print(_table(names, pairs))
    for goal in goals:
        print(
            f"{'met   ' if goal['met'] else 'MISSED'}  {goal['name']}: {goal['value']:.4g} ({goal['bound']})"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    sys.exit(not all(goal["met"] for goal in goals))


def _figures(pair: Pair) -> Json:
    one, two = pair.names
    won, drawn, lost = pair.results(one)
    return {
        "players": [one, two],
        "won": won,
        "drawn": drawn,
        "lost": lost,
        "seconds": {name: mean(pair.seconds(name)) for name in pair.names},
    }


def _goals(pairs: dict[tuple[str, str], Pair], verdict: Verdict) -> list[Json]:
    """What the levels must hold, of that which was played."""
    goals: list[Json] = []

    def goal(name: str, value: float, sign: str, limit: float) -> None:
        met = value >= limit if sign == "≥" else value <= limit
        goals.append({"name": name, "value": value, "bound": f"{sign} {limit}", "met": met})

    for names, least in {("medium", "easy"): 0.8, ("hard", "medium"): 0.8}.items():
        if pair := pairs.get(names):
            goal(f"share of the points of {names[0]} against {names[1]}", pair.share(names[0]), "≥", least)
    if pair := pairs.get(("hard", "random")):
        for place, colour in enumerate(("yellow", "red")):
            goal(
                f"share of the points of hard as {colour} against random",
                pair.share("hard", place),
                "≥",
                0.95,
            )
    if pair := pairs.get(("easy", "greedy")):
        goal(
            "share of games that easy loses to greedy", pair.results("easy")[2] / len(pair.games), "≥", 1 / 3
        )
    if cost := [
        second for names, pair in pairs.items() if "medium" in names for second in pair.seconds("medium")
    ]:
        goal("seconds that medium takes for its moves in a game", mean(cost), "≤", CHEAP)
    if verdict.moves:
        share = len(verdict.given_away) / verdict.moves
        goal(
            f"share of the moves of hard from ply {verdict.first} on that give a win or draw away",
            share,
            "≤",
            0.02,
        )
        goal("moves of hard from ply 18 on that do", verdict.given_away_late, "≤", 0)
        goal("moves of hard that overlook a win or a loss within six plies", len(verdict.overlooked), "≤", 0)
    return goals


def _table(names: list[str], pairs: dict[tuple[str, str], Pair]) -> str:
    """The share of the points that each player of a row took from each of a column, in percent."""
    lines = ["".join(f"{name:>9}" for name in ("", *names))]
    for row in names:
        shares = []
        for column in names:
            pair = pairs.get((row, column)) or pairs.get((column, row))
            shares.append("–" if row == column or not pair else f"{100 * pair.share(row):.1f}")
        lines.append("".join(f"{each:>9}" for each in (row, *shares)))
    return "\n".join(lines) + "\n"


def _written(columns: list[int]) -> str:
    return "".join(str(column + 1) for column in columns)


if __name__ == "__main__":
    main()
