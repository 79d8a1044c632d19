"""A short tournament: the order of the levels, and nothing overlooked. `make check-long` has the long one."""

import json
from pathlib import Path

import pytest

from server.game.position import Outcome
from tests.golden.positions import WELL_PLAYED
from tests.tournament import __main__ as tournament
from tests.tournament.games import Pair, play, series
from tests.tournament.judge import Verdict, judge
from tests.tournament.players import at_random, greedy, players

NODES = 6000
"""Budget of *hard* here, in positions for a move."""


def test_each_level_beats_the_one_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tournament.json"
    argv = ["tournament", "--games", "4", "--nodes", str(NODES), "--judged-from", "20", "--json", str(file)]
    monkeypatch.setattr("sys.argv", [*argv, "--only", "easy", "medium", "hard"])
    with pytest.raises(SystemExit):
        tournament.main()
    figures = json.loads(file.read_text())
    goals = {goal["name"]: goal for goal in figures["goals"]}
    for name in (
        "share of the points of medium against easy",
        "share of the points of hard against medium",
        "moves of hard that overlook a win or a loss within six plies",
    ):
        assert goals[name]["met"], goals[name]
    assert figures["judged"]["moves"] > 0
    assert len(figures["pairs"]) == 3


def test_a_game_is_the_same_when_it_is_played_again() -> None:
    everybody = players(NODES)
    one, two = Pair(("medium", "easy")), Pair(("medium", "easy"))
    assert [game.columns for game in series(one, everybody, 4)] == [
        game.columns for game in series(two, everybody, 4)
    ]


def test_players_take_turns_to_move_first_and_points_are_counted_for_whoever_made_them() -> None:
    pair = Pair(("greedy", "random"))
    games = [*series(pair, {"greedy": greedy, "random": at_random}, 20)]
    won, drawn, lost = pair.results("greedy")
    assert (lost, drawn, won) == pair.results("random")
    assert won + drawn + lost == len(games)
    first, second = pair.results("greedy", 0), pair.results("greedy", 1)
    assert sum(first) == sum(second) == 10
    assert pair.share("greedy") == (won + drawn / 2) / 20 > 0.5


def test_a_move_that_gives_a_win_away_is_judged_so() -> None:
    moves = [int(move) - 1 for move in WELL_PLAYED[-1]]
    verdict = Verdict()
    judge(moves, {0, 1}, 14, verdict)
    assert verdict.given_away
    for columns, before, after in verdict.given_away:
        assert columns == moves[: len(columns)]
        assert Outcome(after) < before
    assert 0 < verdict.given_away_late <= len(verdict.given_away) <= verdict.moves == len(moves) - 14


def test_a_four_that_is_not_made_or_not_blocked_is_overlooked() -> None:
    verdict = Verdict()
    judge([0, 1, 0, 1, 0, 6, 5, 1], {0, 1}, 5, verdict)
    assert [len(columns) for columns in verdict.overlooked] == [8, 7, 6], "not blocked; not made; not blocked"


def test_a_game_ends_with_its_four_or_with_the_board() -> None:
    game = play((lambda *_: 0, lambda *_: 1), (0, 0), [])
    assert (game.columns, game.winner) == ([0, 1, 0, 1, 0, 1, 0], 0)
