"""Figures of a benchmark: ratios, goals, the table."""

import pytest

from tests.bench.counts import too_many
from tests.bench.figures import Goal, Outcome
from tests.bench.report import BEGIN, END, as_json, replaced, table


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    outcome = Outcome(key="k", unit="moves/s", ours=[1, 8, 30], yardstick=[10, 10, 10], goal=Goal(0.9))
    assert outcome.ratio == 0.8
    assert outcome.met is False
    assert not outcome.too_bad
    assert as_json([outcome], {}, {}, {})["ratios"] == {"k": 0.8}
    assert "0.80" in table([outcome], {})


@pytest.mark.parametrize(
    ("goal", "met", "noise", "bad"), [(Goal(2), 2, 1.1, 0.9), (Goal(0.8, at_most=True), 0.8, 1.5, 1.7)]
)
def test_a_goal_missed_by_half_can_be_no_noise(goal: Goal, met: float, noise: float, bad: float) -> None:
    assert goal.met(met)
    assert not goal.met(noise)
    assert not goal.missed_by_half(noise)
    assert goal.missed_by_half(bad)


def test_where_a_goal_is_not_reached_yet_what_is_reached_must_not_get_worse_by_half() -> None:
    goal = Goal(0.9, reached=0.3)
    assert not goal.met(0.3)
    assert not goal.missed_by_half(0.2)
    assert goal.missed_by_half(0.14)


def test_others_are_to_blame_where_they_used_the_machine() -> None:
    outcome = Outcome(key="k", unit="", ours=[1], yardstick=[10], goal=Goal(0.9))
    assert outcome.too_bad
    outcome.others = 0.4
    assert not outcome.too_bad
    assert "others used 40%" in table([outcome], {})


def test_what_could_not_be_measured_is_said() -> None:
    outcome = Outcome(key="k", unit="", goal=Goal(2), missing="there is no pgbench here")
    assert outcome.ratio is None
    assert not outcome.too_bad
    assert "there is no pgbench here" in table([outcome], {})
    assert as_json([outcome], {}, {}, {})["ratios"] == {"k": None}


def test_a_second_statement_a_move_is_too_many() -> None:
    counts = {"moves": 1000, "commits": 1.0, "statements": 2.0, "frames": 2.01, "publishes": None}
    assert [each.name for each in too_many(1, counts)] == ["statements"]
    assert "statements" in table([], {1: counts})


def test_a_documents_table_is_replaced() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replaced(document, "new", {"cores": 2})
    assert "old" not in once
    assert "new" in once
    assert replaced(once, "new", {"cores": 2}) == once
    with pytest.raises(ValueError, match="no place"):
        replaced("no marks", "new", {})
