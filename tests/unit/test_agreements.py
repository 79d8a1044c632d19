"""Draws, takebacks and rematches: each rule as a sentence."""

from uuid import UUID

import pytest

from server.game.board import Seat
from server.game.commands import (
    AcceptDraw,
    AcceptRematch,
    AcceptTakeback,
    Answer,
    Command,
    DeclineDraw,
    DeclineRematch,
    DeclineTakeback,
    Move,
    OfferDraw,
    OfferRematch,
    OfferTakeback,
    StartRematch,
)
from server.game.events import (
    Abort,
    Clock,
    DrawDeclined,
    DrawOffered,
    Ending,
    Event,
    GameAborted,
    GameCreated,
    GameFinished,
    GameId,
    GameStarted,
    MovesTakenBack,
    PlayerId,
    PlayerJoined,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    Result,
    TakebackDeclined,
    TakebackOffered,
)
from server.game.offers import Kind, OpenOffer
from server.game.rejected import Code
from tests.support.scenario import ADA, EVE, GRACE, GUEST, At, after, created, given, moves, started

NEXT = GameId(UUID(int=77))
DRAWN = GameFinished(result=Result.TIED, by=Ending.AGREEMENT)
RESIGNED = GameFinished(result=Result.PLAYER_TWO_WON, by=Ending.RESIGNATION)


def played(columns: str) -> tuple[Event, ...]:
    return (*started(), *moves(columns))


def takeback(player: PlayerId, seconds: float = 0) -> OfferTakeback:
    return OfferTakeback(player=player, at=after(seconds))


# Draws ----------------------------------------------------------------------------------------------------


def test_either_player_offers_a_draw_once_both_have_moved() -> None:
    given(*played("1")).when(OfferDraw(player=ADA)).then_rejected(Code.TOO_SOON)
    for player in (ADA, GRACE):
        given(*played("12")).when(OfferDraw(player=player)).then(DrawOffered(player=player))
    given(*played("12")).when(OfferDraw(player=EVE)).then_rejected(Code.NOT_SEATED)
    given(*played("12"), RESIGNED).when(OfferDraw(player=ADA)).then_rejected(Code.GAME_OVER)
    given(*created()).when(OfferDraw(player=ADA)).then_rejected(Code.GAME_NOT_STARTED)


def test_a_draw_that_is_accepted_ends_the_game() -> None:
    given(*played("12"), DrawOffered(player=ADA)).when(AcceptDraw(player=GRACE, offer=7)).then(DRAWN)


def test_a_draw_that_is_declined_is_no_longer_open() -> None:
    offered = (*played("12"), DrawOffered(player=ADA))
    declined = DrawDeclined(player=GRACE, offer=7)
    given(*offered).when(DeclineDraw(player=GRACE, offer=7)).then(declined)
    given(*offered, declined).when(AcceptDraw(player=GRACE, offer=7)).then_rejected(Code.NO_OFFER)


def test_a_draw_offered_against_an_open_one_accepts_it() -> None:
    given(*played("12"), DrawOffered(player=ADA)).when(OfferDraw(player=GRACE)).then(DRAWN)


def test_a_draw_stays_open_until_the_opponent_moves() -> None:
    offered = (*played("12"), DrawOffered(player=ADA))
    given(*offered, *moves("123")[2:]).when(AcceptDraw(player=GRACE, offer=7)).then(DRAWN)
    both = (*offered, *moves("1234")[2:])
    given(*both).when(AcceptDraw(player=GRACE, offer=7)).then_rejected(Code.NO_OFFER)


def test_a_player_offers_a_draw_again_after_six_plies() -> None:
    offered = (*played("12"), DrawOffered(player=ADA), DrawDeclined(player=GRACE, offer=7))
    for plies, allowed in ((0, False), (5, False), (6, True)):
        past = (*offered, *moves("1212345677"[: plies + 2])[2:])
        when = given(*past).when(OfferDraw(player=ADA))
        if allowed:
            when.then(DrawOffered(player=ADA))
        else:
            when.then_rejected(Code.TOO_SOON)


def test_a_player_offers_a_draw_again_when_the_opponent_has_offered_one_meanwhile() -> None:
    past = (
        *played("12"),
        DrawOffered(player=ADA),
        DrawDeclined(player=GRACE, offer=7),
        DrawOffered(player=GRACE),
        DrawDeclined(player=ADA, offer=9),
    )
    given(*past).when(OfferDraw(player=ADA)).then(DrawOffered(player=ADA))
    given(*past).when(OfferDraw(player=GRACE)).then_rejected(Code.TOO_SOON)


# Any offer ------------------------------------------------------------------------------------------------


def answers(player: PlayerId, offer: int) -> list[Answer]:
    return [
        AcceptDraw(player=player, offer=offer),
        DeclineDraw(player=player, offer=offer),
        AcceptTakeback(player=player, offer=offer),
        DeclineTakeback(player=player, offer=offer),
        DeclineRematch(player=player, offer=offer),
        AcceptRematch(player=player, offer=offer, game=NEXT),
    ]


@pytest.mark.parametrize("number", range(6))
def test_only_the_opponent_answers_an_offer_by_its_version_and_kind(number: int) -> None:
    draw, takeback = (*played("12"), DrawOffered(player=ADA)), (*played("12"), TakebackOffered(player=ADA))
    rematch = (*played("12"), RESIGNED, RematchOffered(player=ADA))
    for past, version, fitting in ((draw, 7, (0, 1)), (takeback, 7, (2, 3)), (rematch, 8, (4, 5))):
        for player, offer in ((ADA, version), (GRACE, version - 1), (GRACE, version + 1)):
            given(*past).when(answers(player, offer)[number]).then_rejected(Code.NO_OFFER)
        given(*past).when(answers(EVE, version)[number]).then_rejected(Code.NOT_SEATED)
        if number not in fitting:
            given(*past).when(answers(GRACE, version)[number]).then_rejected(Code.NO_OFFER)


def test_a_newer_offer_closes_the_older() -> None:
    past = (*played("12"), DrawOffered(player=ADA), TakebackOffered(player=GRACE))
    assert given(*past).game.offers.open == OpenOffer(Kind.TAKEBACK, Seat.RED, 8)
    given(*past).when(AcceptDraw(player=GRACE, offer=7)).then_rejected(Code.NO_OFFER)


def test_the_end_of_the_game_closes_every_offer() -> None:
    past = (*played("12"), DrawOffered(player=ADA), RESIGNED)
    given(*past).when(AcceptDraw(player=GRACE, offer=7)).then_rejected(Code.NO_OFFER)


# Takebacks ------------------------------------------------------------------------------------------------


def test_one_ply_is_taken_back_in_the_opponents_turn_and_two_in_ones_own() -> None:
    for player, other, number in ((ADA, GRACE, 2), (GRACE, ADA, 1)):
        past = (*played("12"), TakebackOffered(player=player))
        back = MovesTakenBack(player=other, offer=7, number=number)
        given(*past).when(AcceptTakeback(player=other, offer=7)).then(back)
        given(*past).when(takeback(other)).then(back)
        game = given(*past, back).game
        before = given(*played("12"[: 2 - number])).game
        assert (game.board, game.columns, game.next) == (before.board, before.columns, before.next)


def test_nothing_can_be_taken_back_before_there_is_a_move_of_ones_own() -> None:
    given(*played("")).when(takeback(ADA)).then_rejected(Code.TOO_SOON)
    given(*played("")).when(takeback(GRACE)).then_rejected(Code.TOO_SOON)
    given(*played("1")).when(takeback(GRACE)).then_rejected(Code.TOO_SOON)
    given(*played("1")).when(takeback(ADA)).then(TakebackOffered(player=ADA))


def test_a_takeback_is_asked_for_once_at_a_time() -> None:
    given(*played("12"), TakebackOffered(player=ADA)).when(takeback(ADA)).then_rejected(Code.TOO_SOON)


def test_any_move_closes_an_open_takeback() -> None:
    past = (*played("12"), TakebackOffered(player=ADA), *moves("123")[2:])
    given(*past).when(AcceptTakeback(player=GRACE, offer=7)).then_rejected(Code.NO_OFFER)


def test_no_move_is_taken_back_in_a_rated_game() -> None:
    given(*started(rated=True), *moves("12")).when(takeback(ADA)).then_rejected(Code.NOT_ALLOWED)


def test_a_game_that_somebody_unrated_plays_is_not_rated() -> None:
    past = (
        *created(rated=True),
        PlayerJoined(seat=Seat.RED, player=GUEST, name="Grace"),
        GameStarted(player_one=ADA, player_two=GUEST),
    )
    assert not given(*past).game.rated
    given(*past, *moves("1")).when(takeback(ADA)).then(TakebackOffered(player=ADA))


def test_after_n_refusals_a_player_waits_n_squared_times_ten_seconds() -> None:
    past: list[Event | At] = [*played("12")]
    for n, wait in ((1, 10), (2, 40), (3, 90)):
        refused_at = 1000 * n
        past += [
            TakebackOffered(player=ADA),
            At(refused_at, TakebackDeclined(player=GRACE, offer=len(past) + 1)),
        ]
        given(*past).when(takeback(ADA, refused_at + wait - 0.001)).then_rejected(Code.TOO_SOON)
        given(*past).when(takeback(ADA, refused_at + wait)).then(TakebackOffered(player=ADA))
        given(*past).when(takeback(GRACE, refused_at)).then(TakebackOffered(player=GRACE))


def test_moves_that_were_taken_back_can_be_made_again() -> None:
    past = (*played("11"), TakebackOffered(player=GRACE), MovesTakenBack(player=ADA, offer=7, number=1))
    again = given(*past, *moves("11")[1:]).game
    assert again.board == given(*played("11")).game.board
    assert again.version == 9
    given(*past).when(Move(player=GRACE, column=0)).then(*moves("11")[1:])


# Rematches ------------------------------------------------------------------------------------------------


def rematch(player: PlayerId) -> OfferRematch:
    return OfferRematch(player=player, game=NEXT)


@pytest.mark.parametrize("end", [RESIGNED, DRAWN, GameAborted(by=Abort.PLAYER, player=ADA)], ids=str)
def test_either_player_offers_a_rematch_once_the_game_is_over(end: Event) -> None:
    given(*played("12")).when(rematch(ADA)).then_rejected(Code.TOO_SOON)
    for player in (ADA, GRACE):
        given(*played("12"), end).when(rematch(player)).then(RematchOffered(player=player))
    given(*played("12"), end).when(rematch(EVE)).then_rejected(Code.NOT_SEATED)


def test_there_is_no_rematch_where_nobody_joined() -> None:
    aborted = GameAborted(by=Abort.CREATOR, player=ADA)
    given(*created(), aborted).when(rematch(ADA)).then_rejected(Code.NOT_ALLOWED)


def test_a_rematch_is_agreed_to_once_by_an_answer_or_by_crossing_offers() -> None:
    past = (*played("12"), RESIGNED, RematchOffered(player=ADA))
    accepted = RematchAccepted(player=GRACE, offer=8, game=NEXT)
    given(*past).when(AcceptRematch(player=GRACE, offer=8, game=NEXT)).then(accepted)
    given(*past).when(rematch(GRACE)).then(accepted)
    given(*past).when(rematch(ADA)).then_rejected(Code.TOO_SOON)
    agreed = given(*past, accepted)
    assert agreed.game.offers.rematch == NEXT
    agreed.when(rematch(ADA)).then_rejected(Code.TOO_LATE)
    agreed.when(AcceptRematch(player=GRACE, offer=8, game=NEXT)).then_rejected(Code.NO_OFFER)


def test_a_rematch_that_is_declined_can_be_offered_again() -> None:
    past = (*played("12"), RESIGNED, RematchOffered(player=ADA))
    declined = RematchDeclined(player=GRACE, offer=8)
    given(*past).when(DeclineRematch(player=GRACE, offer=8)).then(declined)
    given(*past, declined).when(rematch(ADA)).then(RematchOffered(player=ADA))


def test_the_next_game_starts_with_seats_swapped_and_all_else_as_it_was() -> None:
    clock, process = Clock(initial=60, increment=0), PlayerId(UUID(int=9))
    players = (
        PlayerJoined(seat=Seat.YELLOW, player=GRACE, name="Grace"),
        PlayerJoined(seat=Seat.RED, player=ADA, name="Ada"),
    )
    command: Command = StartRematch(
        player=process, created_by=ADA, players=players, rematch_of=NEXT, listed=True, rated=True, clock=clock
    )
    log = (
        GameCreated(created_by=ADA, clock=clock, listed=True, rated=True, rematch_of=NEXT),
        *players,
        GameStarted(player_one=GRACE, player_two=ADA),
    )
    given().when(command).then(*log)
    given(*log).when(command).then_rejected(Code.GAME_EXISTS)
