"""The solver: who wins a position with best play, and how soon. Exact, or "not solved"; never a guess.

A negamax search with alpha-beta, after what has been published: Victor Allis' thesis (1988) for threats and
for following up (his *claimeven*), John Tromp's Fhourstones for the bitboards, Pascal Pons' articles for null
windows, for numbers instead of positions as keys, and for leaving out what loses at once.
"""

from collections.abc import Callable

from server.game.lines import (
    ADDED,
    BOARD,
    BOTTOM,
    CELLS,
    EVEN_ROWS,
    ODD_ROWS,
    WEIGHT,
    has_four,
    learn,
    mirrored,
    threats,
)
from server.game.position import Outcome, Position, Value, value_of

MEMORY = 24 * 2**20
"""Size of the transposition table at most, in bytes."""
ENTRY = 150
"""Size of an entry of the table at most, in bytes: its key, and its share of a dict that grows."""
MIRRORED_PLIES = 8
"""Depth to which a position and its mirror image count as one, in plies. Further down there are too few."""
LATE = 26
"""Number of empty cells below which a search looks whether a player has any line left."""


class NotSolved(Exception):
    """The budget did not suffice."""


class Solver:
    """Solves positions. It remembers, so those of one game are solved quickest from the last to the first.

    `memory` is the size of its transposition table at most, in bytes.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._table: dict[int, int] = {}
        self._capacity = memory // ENTRY
        self.nodes = 0
        """Positions searched, by all calls together."""

    def value(self, position: Position, nodes: int) -> Value | None:
        """The value of `position`; None where `nodes` positions searched do not suffice."""
        try:
            return value_of(self.score(position, nodes), position.left)
        except NotSolved:
            return None

    def outcome(self, position: Position, nodes: int) -> Outcome | None:
        """The outcome alone, which costs less; None where `nodes` positions searched do not suffice."""
        end = self.nodes + nodes
        try:
            if self.exceeds(position, 0, nodes):
                return Outcome.WIN
            return Outcome.DRAW if self.exceeds(position, -1, end - self.nodes) else Outcome.LOSS
        except NotSolved:
            return None

    def score(self, position: Position, nodes: int) -> int:
        """The score of `position`. Raises NotSolved."""
        low, high, end = -(position.left // 2) - 1, (position.left + 1) // 2, self.nodes + nodes
        while low < high:
            # Won, drawn or lost; then how soon, the quick ends first, which take less searching.
            if low < 0 < high:
                window = 0
            elif high > 0:
                window = max(high // 2, low)
            else:
                window = -1 if high == 0 else min(low // 2, high - 1)
            found = self._bound(position, window, end - self.nodes)
            if found > window:
                low = found
            else:
                high = found
        return low

    def exceeds(self, position: Position, score: int, nodes: int) -> bool:
        """True if the score of `position` is higher than `score`. Raises NotSolved."""
        return self._bound(position, score, nodes) > score

    def _bound(self, position: Position, alpha: int, nodes: int) -> int:
        """A bound of the score: a lower one where it is above `alpha`, or an upper one. Raises NotSolved."""
        mine, theirs, left = position.mine, position.theirs, position.left
        if has_four(theirs):
            return -(left // 2) - 1
        if not left:
            return 0
        winning, losing = threats(mine), threats(theirs)
        if winning & position.mask + BOTTOM & BOARD:
            return (left + 1) // 2
        search, searched = _search(self._table, self._capacity, position, nodes)
        try:
            return search(mine, theirs, winning, losing, left, alpha)
        finally:
            self.nodes += searched()


Search = Callable[[int, int, int, int, int, int], int]

_THREAT = 4
"""Weight of a threat in the order of moves, in lines: a cell counts for the lines through it."""
_WASTED = 20
"""Penalty in that order for a move that lets the other player fill a threat of one's own, in lines."""
_AT_LEAST, _AT_MOST, _BETWEEN = 160, 64, 112
"""Offsets of a lower and an upper bound in the table, and the number between them, which tells them apart.
Integers up to 256 take no memory."""


def _search(
    table: dict[int, int], capacity: int, position: Position, nodes: int
) -> tuple[Search, Callable[[], int]]:
    """The search from `position`, and a function for the number of positions it has searched.

    It is a function within a function because in CPython local variables are the quickest. Where a position
    and its mirror image could both come about, they count as one.
    """
    searched, get = 0, table.get
    alike = not position.mine & mirrored(position.theirs)
    mirror_above = position.left - MIRRORED_PLIES if alike else CELLS

    def search(mine: int, theirs: int, winning: int, losing: int, left: int, alpha: int) -> int:
        """A bound of the score, see `Solver._bound`. Whoever moves has no four at once.

        `winning` and `losing` are the threats of who moves and of the other one. Positions one move on are
        looked at from here as far as can be, because a call costs as much as half a position.
        """
        nonlocal searched
        if searched >= nodes:
            raise NotSolved
        searched += 1
        mask = mine | theirs
        playable = mask + BOTTOM & BOARD
        moves = playable & ~(losing >> 1)  # a disc right below a threat of theirs would let them win
        forced = losing & playable
        if forced:
            if forced & forced - 1:
                return -(left >> 1)
            moves &= forced
        if not moves:
            return -(left >> 1)
        if left <= 2:
            return 0
        highest = left - 1 >> 1  # a win in three plies
        if highest <= alpha:
            return highest
        lowest = 1 - (left >> 1)  # a loss in four
        if lowest > alpha:
            return lowest

        key = mine + mask  # no two positions have the same sum
        if left > mirror_above:
            key = min(key, mirrored(mine) + mirrored(mask))
        if known := get(key):
            if known > _BETWEEN:
                if known - _AT_LEAST > alpha:
                    return known - _AT_LEAST
            elif known - _AT_MOST <= alpha:
                return known - _AT_MOST

        # Where every column has an even number of empty cells, the other player can follow up in the same
        # column to the end: they get the even rows, and we the odd ones. A player without a line left cannot
        # win at all.
        followed = not playable & EVEN_ROWS
        if alpha >= 0:
            if followed and not has_four(mine | ~mask & ODD_ROWS):
                return 0
            if left < LATE and not has_four(BOARD & ~theirs):
                return 0
        else:
            if (
                followed
                and alpha == -1
                and not has_four(mine | ~mask & ODD_ROWS)
                and has_four(theirs | ~mask & EVEN_ROWS)
            ):
                return -1
            if left < LATE and not has_four(BOARD & ~mine):
                return 0

        beta = -alpha - 1
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
                return highest  # two threats at once, or one right above the other
            known = get(theirs + mask + disc)
            if known and known < _BETWEEN and known - _AT_MOST <= beta:
                return _AT_MOST - known
            worth = _THREAT * (made & ~mask).bit_count() + WEIGHT[disc]
            promising.append((worth - _WASTED if disc << 1 & winning else worth, disc, made))
        promising.sort(reverse=True)

        best = lowest
        left -= 1
        for _, disc, made in promising:
            score = -search(theirs, mine | disc, losing, made, left, beta)
            if score > alpha:
                if len(table) >= capacity:
                    table.clear()
                table[key] = score + _AT_LEAST
                return score
            if score > best:
                best = score
        if len(table) >= capacity:
            table.clear()
        table[key] = best + _AT_MOST
        return best

    return search, lambda: searched
