"""What moves did to the value of the position, by the solver; and whether something near was overlooked."""

from dataclasses import dataclass, field

from server.game.position import Outcome, Position, Value, score_of
from server.game.solver import NotSolved, Solver

JUDGED_FROM = 12
"""Number of discs from which on moves are judged."""
FAULTLESS_FROM = 18
"""Number of discs from which on no move may give anything away."""
NEAR = 6
"""Plies within which nothing may be overlooked, from the first move on."""
MEMORY = 128 * 2**20
"""Size of the table that a game is judged with, in bytes."""
NODES = 20_000_000
"""Budget for judging a position. From JUDGED_FROM discs on it has always sufficed."""


@dataclass(slots=True)
class Verdict:
    """Moves judged, and those that gave away a win or a draw: (moves up to it, value before, value after)."""

    first: int = JUDGED_FROM
    """Number of discs from which on values are compared."""
    late: int = 0
    """Moves judged from FAULTLESS_FROM on."""
    moves: int = 0
    given_away: list[tuple[list[int], Outcome, Outcome]] = field(default_factory=list)
    overlooked: list[list[int]] = field(default_factory=list)
    """Games up to a move that missed a win within NEAR plies, or allowed a loss that another avoids."""

    @property
    def given_away_late(self) -> int:
        return sum(len(columns) > FAULTLESS_FROM for columns, *_ in self.given_away)


def judge(columns: list[int], places: set[int], first: int, verdict: Verdict) -> None:
    """Add the moves of these places to the verdict, from move `first` on (from 0)."""
    solver = Solver(MEMORY)
    after: Outcome | None = None
    for number in reversed(range(first, len(columns))):
        before = None
        if number >= verdict.first:
            if after is None:
                after = _outcome(solver, columns[: number + 1])
            before = _outcome(solver, columns[:number])
        if number % 2 in places:
            if before is not None and after is not None:
                verdict.moves += 1
                verdict.late += number >= FAULTLESS_FROM
                if -after < before:
                    verdict.given_away.append((columns[: number + 1], before, Outcome(-after)))
            if _overlooks(solver, columns[:number], columns[number]):
                verdict.overlooked.append(columns[: number + 1])
        after = before


def _outcome(solver: Solver, columns: list[int]) -> Outcome:
    outcome = solver.outcome(Position.after(columns), NODES)
    if outcome is None:
        raise NotSolved
    return outcome


def _overlooks(solver: Solver, columns: list[int], column: int) -> bool:
    """Whether the move misses a win within NEAR plies, or allows a loss that another avoids."""
    position = Position.after(columns)
    after = position.play(column)
    near_win = max(score_of(Value(Outcome.WIN, NEAR - 1), position.left), 1)
    no_near_loss = min(score_of(Value(Outcome.LOSS, NEAR), position.left) + 1, 0)
    return any(
        solver.exceeds(position, score - 1, NODES) and solver.exceeds(after, -score, NODES)
        for score in (near_win, no_near_loss)
    )
