from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.game.board import COLUMNS, ROWS, Board, Seat
from tests.golden.rules import drop, empty, four

columns = st.lists(st.integers(0, COLUMNS - 1), max_size=60)


def dropped(columns: list[int]) -> Board:
    """The board after these moves, of which those into a full column are left out."""
    board, seat = Board(), Seat.YELLOW
    for column in columns:
        if board.has_room(column):
            board, seat = board.drop(seat, column), seat.other
    return board


def test_an_empty_board_is_six_rows_of_seven_dots() -> None:
    assert Board().rows() == (".......",) * 6


def test_a_disc_falls_onto_the_disc_below() -> None:
    board = Board().drop(Seat.YELLOW, 3).drop(Seat.RED, 3)
    assert board.rows()[-2:] == ("...R...", "...Y...")


def test_a_column_of_six_has_no_room() -> None:
    board = dropped([2] * 6)
    assert not board.has_room(2)
    assert [column for column in range(COLUMNS) if board.has_room(column)] == [0, 1, 3, 4, 5, 6]


def test_a_four_does_not_wrap_from_the_top_of_a_column_to_the_bottom_of_the_next() -> None:
    board = Board()
    for row in range(6):
        board = board.drop(Seat.YELLOW if row >= 4 else Seat.RED, 0)
    for _ in range(2):
        board = board.drop(Seat.YELLOW, 1)
    assert board.winning_cells(Seat.YELLOW) == ()


def test_one_disc_can_end_two_lines() -> None:
    board = Board()
    for column in (0, 1, 2):
        board = board.drop(Seat.YELLOW, column)
    for column, height in ((4, 1), (5, 2), (6, 3)):
        for _ in range(height):
            board = board.drop(Seat.RED, column)
        board = board.drop(Seat.YELLOW, column)
    board = board.drop(Seat.YELLOW, 3)
    assert board.winning_cells(Seat.YELLOW) == ((0, 0), (1, 0), (2, 0), (3, 0), (4, 1), (5, 2), (6, 3))


@given(columns)
def test_discs_never_float(columns: list[int]) -> None:
    rows = dropped(columns).rows()
    for upper, lower in pairwise(rows):
        assert all(disc == "." or below != "." for disc, below in zip(upper, lower, strict=True))


@given(columns)
def test_no_cell_has_two_discs_and_none_is_outside(columns: list[int]) -> None:
    board = dropped(columns)
    assert board.yellow & board.red == 0
    assert sum(row.count("Y") + row.count("R") for row in board.rows()) == sum(
        min(columns.count(column), ROWS) for column in range(COLUMNS)
    )
    assert (board.yellow | board.red).bit_length() <= COLUMNS * (ROWS + 1)


@given(columns)
def test_the_shifts_find_what_trying_every_line_finds(columns: list[int]) -> None:
    grid, board, moves = empty(), Board(), 0
    for column in columns:
        if board.has_room(column):
            drop(grid, column, moves)
            board = board.drop((Seat.YELLOW, Seat.RED)[moves % 2], column)
            moves += 1
    found = {seat: board.winning_cells(seat) for seat in Seat}
    assert sorted(cell for cells in found.values() for cell in cells) == list(map(tuple, four(grid)[1]))
    for seat, disc in ((Seat.YELLOW, "Y"), (Seat.RED, "R")):
        assert all(grid[column][row] == disc for column, row in found[seat])


@given(columns)
def test_lifting_takes_back_what_was_dropped(columns: list[int]) -> None:
    board = dropped(columns)
    for column in filter(board.has_room, range(COLUMNS)):
        for seat in Seat:
            assert board.drop(seat, column).lift(column) == board


@given(columns)
def test_a_board_is_full_where_no_column_has_room(columns: list[int]) -> None:
    for board in (dropped(columns), dropped([*columns, *range(COLUMNS)] + [*range(COLUMNS)] * ROWS)):
        assert board.full is not any(map(board.has_room, range(COLUMNS)))
