"""The computer player: a column for a position, at one of three levels.

What it chooses depends on the moves, the level, the seed, the budget and ENGINE alone: the same again give
the same column again, on any machine. Nothing here takes time into account.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from server.game.board import COLUMNS
from server.game.lines import BOARD, BOTTOM, CELLS, column_of, threats
from server.game.lookahead import WON, look_ahead
from server.game.position import Outcome, Position
from server.game.solver import NotSolved, Solver

ENGINE = 1
"""Version of the computer player. It goes up with every change after which it may choose another column."""


class Level(StrEnum):
    """The computer's strength."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


NODES = {Level.EASY: 0, Level.MEDIUM: 400, Level.HARD: 240_000}
"""Usual budget of a move, in positions searched. CPython searches about 350,000 in a second."""
FIRST_NODES = 60_000
"""Budget of a first move at most: it is made at once."""
SOLVED_FROM = 9
"""Number of discs from which on *hard* tries to solve a position."""
MEMORY = 20 * 2**20
"""Size of the table that a position is solved with, in bytes. A worker process needs 64 MB at most in all."""

OVERLOOKS = 60
"""Frequency with which *easy* does not see that the other player threatens four, in percent."""
PLIES = 3
"""Depth to which *medium* looks ahead, in plies; it sees two threats at once a ply or two further."""
WAVERS = {Level.MEDIUM: 12, Level.HARD: 3}
"""Largest random addition to the estimate of a move, by which games differ."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The column chosen, 0–6, and the number of positions that were searched for it."""

    column: int
    nodes: int


def budget(level: Level, discs: int) -> int:
    """The usual budget of a move when so many discs are on the board, in nodes."""
    return min(NODES[level], FIRST_NODES) if discs < 2 else NODES[level]


def choose(columns: Sequence[int], level: Level, seed: int, nodes: int | None = None) -> Choice:
    """The move of the computer after these moves, each a column 0–6. `nodes` is the budget, if not the usual.

    Raises ValueError where the moves cannot be made, or the game is over.
    """
    position = Position.after(columns)
    if position.over:
        raise ValueError("The game is over")
    chance = _Chance(seed, len(columns))
    nodes = budget(level, len(columns)) if nodes is None else nodes
    playable = position.mask + BOTTOM & BOARD
    if four := threats(position.mine) & playable:
        return Choice(column_of(four), 0)
    if level is Level.EASY:
        return Choice(_easy(position, chance), 0)
    if (block := threats(position.theirs) & playable) or len([*position.columns()]) == 1:
        return Choice(column_of(block or playable), 0)
    return _medium(position, chance, nodes) if level is Level.MEDIUM else _hard(position, chance, nodes)


def _easy(position: Position, chance: "_Chance") -> int:
    """Block a four, or overlook it; or drop a disc anywhere."""
    block = threats(position.theirs) & position.mask + BOTTOM & BOARD
    if block and chance.below(100) >= OVERLOOKS:
        return column_of(block)
    columns = [*position.columns()]
    return columns[chance.below(len(columns))]


def _medium(position: Position, chance: "_Chance", nodes: int) -> Choice:
    """Look some plies ahead, and at what is forced from there."""
    seen = look_ahead(position, nodes, PLIES)
    return Choice(_ranked(seen.scores, chance, WAVERS[Level.MEDIUM])[0], seen.nodes)


def _hard(position: Position, chance: "_Chance", nodes: int) -> Choice:
    """Look ahead; then solve the position, if it is late enough for that to succeed."""
    late = CELLS - position.left >= SOLVED_FROM
    seen = look_ahead(position, nodes // 4 if late else nodes)
    ranked = _ranked(seen.scores, chance, WAVERS[Level.HARD])
    won = seen.scores[ranked[0]] > WON
    if not late or won or sum(score > -WON for score in seen.scores.values()) <= 1:
        return Choice(ranked[0], seen.nodes)
    column, searched = _solve(position, ranked, nodes - seen.nodes)
    return Choice(ranked[0] if column is None else column, seen.nodes + searched)


def _solve(position: Position, ranked: list[int], nodes: int) -> tuple[int | None, int]:
    """The first column of `ranked` that keeps the value of the position, or None; and the nodes it took.

    Where the budget suffices for the outcome and not for the distance, the outcome is kept.
    """
    solver = Solver(MEMORY)
    nodes -= _RESERVE
    outcome = solver.outcome(position, nodes)
    if outcome is None:
        return None, solver.nodes
    score = int(outcome)
    if outcome is not Outcome.DRAW:
        with suppress(NotSolved):
            score = solver.score(position, nodes - solver.nodes)
    for column in ranked:
        # The table still has what was found out about one of them, so that little suffices.
        limit = max(nodes - solver.nodes, 0) // 2 + _RESERVE // COLUMNS
        with suppress(NotSolved):
            if not solver.exceeds(position.play(column), -score, limit):
                return column, solver.nodes
    return None, solver.nodes


_RESERVE = 700
"""Nodes left to tell the columns apart with once the position is solved."""


def _ranked(scores: dict[int, int], chance: "_Chance", wavers: int) -> list[int]:
    """The columns from the best on. What is certain is not wavered about."""
    return sorted(
        scores, key=lambda column: -scores[column] - (abs(scores[column]) < WON and chance.below(wavers))
    )


class _Chance:
    """Random numbers from a seed, the same on every machine: Sebastiano Vigna's splitmix64."""

    def __init__(self, seed: int, discs: int) -> None:
        self._state = seed * 64 + discs

    def _next(self) -> int:
        self._state = self._state + 0x9E3779B97F4A7C15 & _64
        mixed = (self._state ^ self._state >> 30) * 0xBF58476D1CE4E5B9 & _64
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _64
        return mixed ^ mixed >> 31

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        return self._next() % limit


_64 = 2**64 - 1
