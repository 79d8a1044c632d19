"""Ratings after Glickman's paper."""

from decimal import Decimal, getcontext, localcontext

from hypothesis import given
from hypothesis import strategies as st

from server.projections import glicko2
from server.projections.glicko2 import DRAWN, LOST, NEW, WON, Rating


def rating(points: float, deviation: float, volatility: str = "0.06") -> Rating:
    return Rating(Decimal(str(points)), Decimal(str(deviation)), Decimal(volatility))


def test_the_papers_worked_example_to_its_digits() -> None:
    after = glicko2.after(
        rating(1500, 200),
        [(rating(1400, 30), WON), (rating(1550, 100), LOST), (rating(1700, 300), LOST)],
    )
    # The paper rounds on the way, to two to four digits; its last digit is therefore one off.
    assert abs(after.rating - Decimal("1464.06")) < Decimal("0.01")
    assert abs(after.deviation - Decimal("151.52")) < Decimal("0.01")
    assert abs(after.volatility - Decimal("0.05999")) < Decimal("0.00001")
    assert [str(each) for each in after] == ["1464.050670539301", "151.516524123857", "0.059995984286"]


def test_new_players_who_draw_stay_where_they_are_and_are_known_better() -> None:
    after = glicko2.after(NEW, [(NEW, DRAWN)])
    assert after.rating == NEW.rating
    assert after.deviation < NEW.deviation


ratings = st.builds(
    rating,
    st.integers(100, 3500),
    st.integers(30, 350),
    st.sampled_from(["0.03", "0.06", "0.1"]),
)


@given(ratings, ratings, st.sampled_from([WON, DRAWN, LOST]))
def test_a_game_moves_both_in_opposite_directions(ada: Rating, grace: Rating, score: Decimal) -> None:
    up = glicko2.after(ada, [(grace, score)]).rating - ada.rating
    down = glicko2.after(grace, [(ada, 1 - score)]).rating - grace.rating
    assert up * down <= 0


@given(ratings, ratings)
def test_a_win_raises_and_a_loss_lowers_a_rating(ada: Rating, grace: Rating) -> None:
    won, lost = (glicko2.after(ada, [(grace, score)]).rating for score in (WON, LOST))
    assert lost <= ada.rating <= won


@given(ratings, ratings)
def test_the_deviation_is_at_most_that_of_a_new_player(ada: Rating, grace: Rating) -> None:
    assert glicko2.after(ada, [(grace, WON)]).deviation <= NEW.deviation


def test_the_digits_do_not_depend_on_the_threads_arithmetic() -> None:
    usual = glicko2.after(NEW, [(rating(1700, 80), WON)])
    with localcontext() as context:
        context.prec = 5
        assert glicko2.after(NEW, [(rating(1700, 80), WON)]) == usual
    assert getcontext().prec == 28
