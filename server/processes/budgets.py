"""The budgets of the computer player: how many positions a thought may search in the time that it has."""

from math import exp

USUAL_SPEED = 350_000
"""Highest speed of a process that is reckoned with in a crowd, in positions a second."""
LEAST = 50
"""The smallest budget, in positions: what looking two plies ahead takes."""
FIRST_TRY, SECOND_TRY = 0.75, 0.15
"""Shares of the time for the first budget, and for the second: a sixteenth, where the first was too much."""
CROWD = 4.0
"""Rate from which on budgets are smaller, however fast a process is, in positions a second. The higher it is,
the less is thought in all: a busy core slows the others down."""
CROWDED = 20.0
"""Rate at which a crowd may use half of SHARE, in positions a second."""
SHARE = 0.5
"""Largest share of the processes' time that a crowd may use."""
COUNTED = 5.0
"""Time over which positions are counted, in seconds."""
SMOOTHING = 0.2
"""Weight of the last position in the measured speed."""
TELLING = 1000
"""Smallest search whose time is taken for a measurement of speed, in positions."""


class Budgets:
    """Budgets by the measured speed of the processes, and by how much they were asked of late."""

    def __init__(self, now: float) -> None:
        self._speed = float("inf")
        """Positions that a process searches in a second, as measured last."""
        self._asked, self._asked_at = 0.0, now
        """Number of positions to think about in a second, of late, and the time of the last."""

    def note_asked(self, now: float) -> None:
        """A position is to be thought about."""
        self._asked = self._asked * exp((self._asked_at - now) / COUNTED) + 1 / COUNTED
        self._asked_at = now

    def note_thought(self, tried: int, nodes: int, searched: int, seconds: float) -> None:
        """Note how fast a process was: it tried `tried` positions, and had the time for `nodes`."""
        if nodes < tried:
            self._speed = min(self._speed, tried / seconds) / 2
        elif searched < TELLING:
            self._speed *= 1 + SMOOTHING  # perhaps there is time for more by now
        elif self._speed == float("inf"):
            self._speed = searched / seconds
        else:
            self._speed += SMOOTHING * (searched / seconds - self._speed)

    def within(self, seconds: float, nodes: int, processes: int) -> list[tuple[int, float]]:
        """The budgets to try for a position within `seconds`, each with its share of them. The first is at
        most `nodes`, and smaller in a crowd. `processes` is the most that there can be."""
        if self._asked > CROWD:
            in_all = SHARE / (1 + self._asked / CROWDED) * processes * min(self._speed, USUAL_SPEED)
            nodes = min(nodes, max(int(in_all / self._asked), LEAST))
        while nodes > LEAST and nodes > self._speed * seconds * FIRST_TRY:
            nodes = max(nodes // 2, LEAST)
        least = min(nodes, LEAST)
        if nodes == least:
            return [(least, 0.0)]
        second = max(nodes // 16, LEAST)
        return [(nodes, seconds * FIRST_TRY), (second, seconds * SECOND_TRY), (least, 0.0)]
