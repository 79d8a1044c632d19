"""Looking ahead a number of plies, with an estimate of the position there; for what the solver cannot solve.

An alpha-beta search by iterative deepening. Its scores are estimates of how well the player to move stands;
beyond WON they are wins that are certain, and below -WON losses.
"""

from collections.abc import Callable
from dataclasses import dataclass

from server.game.lines import (
    ADDED,
    BOARD,
    BOTTOM,
    EVEN_ROWS,
    ODD_ROWS,
    WEIGHT,
    landing,
    learn,
    threats,
)
from server.game.position import Position

WON = 10_000
"""A score above this is a win; the more cells are left empty, the higher."""
MARGIN = 12
"""Distance from the best score within which a column's score is exact. Further down it may be lower still."""
THREAT, TIMELY = 4, 10
"""Worth of a threat, and what is added in a row that its owner gets when columns fill up in pairs. A disc is
worth the number of lines through its cell."""

_ENOUGH = 10_000
"""More positions than two plies ever take."""

Scores = dict[int, int]
"""The score of each column that has room, for the player to move."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The scores after looking `plies` ahead, at `nodes` positions. The best column comes first."""

    scores: Scores
    plies: int
    nodes: int


class _Spent(Exception):
    """No more positions may be looked at."""


def look_ahead(position: Position, nodes: int, plies: int = 42) -> Seen:
    """Look ahead so many plies, or as far as `nodes` positions suffice; two plies in any case.

    The position is not over, and has no four that can be made at once.
    """
    scores = {column: WEIGHT[landing(position.mask, column)] for column in position.columns()}
    used, seen = 0, Seen(_sorted(scores), 0, 0)  # with a single empty cell there is no more to see
    for depth in range(2, min(plies, position.left) + 1):
        table: dict[int, int] = {}
        search, searched = _search(table, position.left - depth, nodes - used if depth > 2 else _ENOUGH)
        try:
            seen = Seen(_sorted(_scores(position, list(seen.scores), search)), depth, 0)
        except _Spent:
            break
        finally:
            used += searched()
            table.clear()  # the search refers to itself, so it is not collected at once
        if all(abs(score) > WON for score in seen.scores.values()) or max(seen.scores.values()) > WON:
            break
    return Seen(seen.scores, seen.plies, used)


def _sorted(scores: Scores) -> Scores:
    return dict(sorted(scores.items(), key=lambda each: -each[1]))


_Search = Callable[[int, int, int, int, int, int, int, int], int]


def _scores(position: Position, columns: list[int], search: _Search) -> Scores:
    """The score of each column, in this order."""
    mine, theirs, mask, left = position.mine, position.theirs, position.mask, position.left
    winning, losing = threats(mine), threats(theirs)
    lead = sum(WEIGHT[disc] for disc in WEIGHT if disc & mine) - sum(
        WEIGHT[disc] for disc in WEIGHT if disc & theirs
    )
    scores: Scores = {}
    for column in columns:
        floor = max(scores.values(), default=-2 * WON) - MARGIN
        disc = landing(mask, column)
        if losing & (mask | disc) + BOTTOM & BOARD:
            scores[column] = -WON - left + 2
            continue
        made = winning | learn(disc, mine & ADDED[disc][0])
        after = search(theirs, mine | disc, losing, made, left - 1, -2 * WON, -floor, -lead - WEIGHT[disc])
        scores[column] = -after
    return scores


_EXACT, _AT_LEAST, _AT_MOST = range(3)


def _search(table: dict[int, int], horizon: int, nodes: int) -> tuple[_Search, Callable[[], int]]:
    """The search that estimates where `horizon` cells are left, and a function for the number that it saw.
    `table` is for what it finds out.

    See solver.py for why it is a function within a function, and for what both have in common.
    """
    searched, get = 0, table.get

    def search(
        mine: int, theirs: int, winning: int, losing: int, left: int, alpha: int, beta: int, lead: int
    ) -> int:
        """The score, exact between `alpha` and `beta`. `lead` is what the mover's discs are worth more."""
        nonlocal searched
        if searched >= nodes:
            raise _Spent
        searched += 1
        mask = mine | theirs
        playable = mask + BOTTOM & BOARD
        moves = playable & ~(losing >> 1)
        forced = losing & playable
        if forced:
            if forced & forced - 1:
                return -WON - left + 2
            moves &= forced
        if not moves:
            return -WON - left + 2
        if left <= 2:
            return 0
        if left <= horizon and not forced:
            ours, others = winning & ~mask, losing & ~mask
            timely, untimely = (EVEN_ROWS, ODD_ROWS) if left & 1 else (ODD_ROWS, EVEN_ROWS)
            return (
                lead
                + THREAT * (ours.bit_count() - others.bit_count())
                + TIMELY * ((ours & timely).bit_count() - (others & untimely).bit_count())
            )

        key = mine + mask
        known = get(key)
        if known is not None:
            score, kind = known >> 2, known & 3
            if kind == _EXACT or (score >= beta if kind == _AT_LEAST else score <= alpha):
                return score

        promising = []
        while moves:
            disc = moves & -moves
            moves ^= disc
            around, added = ADDED[disc]
            try:
                made = winning | added[mine & around]
            except KeyError:
                made = winning | learn(disc, mine & around)
            urgent = made & (playable ^ disc | disc << 1)
            if urgent and (urgent & urgent - 1 or urgent << 1 & made):
                return WON + left - 3
            worth = THREAT * (made & ~mask).bit_count() + WEIGHT[disc]
            promising.append((worth - 20 if disc << 1 & winning else worth, disc, made))
        promising.sort(reverse=True)

        best, floor = -2 * WON, alpha
        for _, disc, made in promising:
            score = -search(theirs, mine | disc, losing, made, left - 1, -beta, -floor, -lead - WEIGHT[disc])
            if score > best:
                best = score
                if score > floor:
                    floor = score
                    if score >= beta:
                        break
        kind = _AT_LEAST if best >= beta else _EXACT if best > alpha else _AT_MOST
        table[key] = best << 2 | kind
        return best

    return search, lambda: searched
