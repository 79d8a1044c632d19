"""The lines of four on the board, and the threats that a disc adds, for the solver and the computer player.

Discs are bitboards laid out as in server/game/board.py. A *threat* of a player is an empty cell where another
disc of theirs would make four in a row. Each search keeps the threats of both players up to date from disc to
disc, so that nothing is looked for on the whole board.
"""

from server.game.board import COLUMNS, CONNECT, ROWS

CELLS = COLUMNS * ROWS
STRIDE = ROWS + 1
"""Bits that a column takes."""
BOTTOM = sum(1 << column * STRIDE for column in range(COLUMNS))
"""The lowest cell of every column."""
BOARD = BOTTOM * ((1 << ROWS) - 1)
"""Every cell."""
ODD_ROWS = BOTTOM * 0b010101
"""Rows 1, 3 and 5 as players count them: where whoever moved first drops the last disc, if columns fill up in
pairs."""
EVEN_ROWS = BOTTOM * 0b101010

REMEMBERED = 2048
"""Patterns remembered for a cell. All of them together take 15 MB at most."""


def cell(column: int, row: int) -> int:
    """The bit of a cell."""
    return 1 << column * STRIDE + row


def column_of(disc: int) -> int:
    """The column of a cell, 0–6."""
    return (disc.bit_length() - 1) // STRIDE


def landing(mask: int, column: int) -> int:
    """The cell where a disc dropped in `column` comes to rest, or 0. `mask` has all discs."""
    return mask + cell(column, 0) & BOARD & cell(column, 0) * ((1 << ROWS) - 1)


def _lines() -> list[int]:
    lines = []
    for column in range(COLUMNS):
        for row in range(ROWS):
            for right, up in ((0, 1), (1, 0), (1, 1), (1, -1)):
                if column + 3 * right < COLUMNS and 0 <= row + 3 * up < ROWS:
                    lines.append(sum(cell(column + n * right, row + n * up) for n in range(CONNECT)))
    return lines


LINES = _lines()
"""The 69 lines of four."""
THROUGH = {
    disc: [line for line in LINES if line & disc]
    for disc in (cell(column, row) for column in range(COLUMNS) for row in range(ROWS))
}
"""The lines through each cell."""
WEIGHT = {disc: len(lines) for disc, lines in THROUGH.items()}
"""The number of lines through each cell: 3 in the corners, 13 in the middle."""


def _around(disc: int) -> int:
    around = 0
    for line in THROUGH[disc]:
        around |= line
    return around & ~disc


ADDED: dict[int, tuple[int, dict[int, int]]] = {disc: (_around(disc), {}) for disc in THROUGH}
"""For each cell: the cells that share a line with it, and the threats that a disc there adds, by the player's
discs among those cells. Filled in by `learn`, so read it as

    around, added = ADDED[disc]
    try: new = added[discs & around]
    except KeyError: new = learn(disc, discs & around)

which the searches spell out, because a call costs more than all the rest.
"""


def learn(disc: int, discs: int) -> int:
    """The threats that a disc at `disc` adds, given the player's `discs` around it; remembered in ADDED."""
    added = ADDED[disc][1]
    if len(added) >= REMEMBERED:
        added.clear()
    threats = added[discs] = _missing(THROUGH[disc], discs | disc)
    return threats


def threats(discs: int) -> int:
    """The cells where one more disc would make four in a row. Some may be taken already."""
    return _missing(LINES, discs)


def _missing(lines: list[int], discs: int) -> int:
    """The fourth cell of each line that has three of `discs`."""
    missing = 0
    for line in lines:
        rest = line & ~discs
        if rest and not rest & rest - 1:
            missing |= rest
    return missing


def has_four(discs: int) -> bool:
    """True if there are four in a row among `discs`."""
    pairs = discs & discs >> 1
    if pairs & pairs >> 2:
        return True
    pairs = discs & discs >> STRIDE
    if pairs & pairs >> 2 * STRIDE:
        return True
    pairs = discs & discs >> STRIDE - 1
    if pairs & pairs >> 2 * (STRIDE - 1):
        return True
    pairs = discs & discs >> STRIDE + 1
    return bool(pairs & pairs >> 2 * (STRIDE + 1))


def mirrored(discs: int) -> int:
    """`discs` with left and right exchanged."""
    column, flipped = (1 << STRIDE) - 1, 0
    for number in range(COLUMNS):
        flipped |= (discs >> number * STRIDE & column) << (COLUMNS - 1 - number) * STRIDE
    return flipped
