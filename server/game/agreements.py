"""Decisions on draws, takebacks and rematches: they are offered, accepted or declined."""

from datetime import timedelta
from typing import assert_never

from server.game.board import Seat
from server.game.checks import seat_in_play, seated
from server.game.commands import (
    AcceptDraw,
    AcceptRematch,
    AcceptTakeback,
    Answer,
    DeclineDraw,
    DeclineRematch,
    DeclineTakeback,
    Offer,
    OfferDraw,
    OfferRematch,
    OfferTakeback,
)
from server.game.events import (
    DrawDeclined,
    DrawOffered,
    Ending,
    Event,
    GameFinished,
    MovesTakenBack,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    Result,
    TakebackDeclined,
    TakebackOffered,
)
from server.game.offers import Kind, OpenOffer
from server.game.rejected import Code, Rejected
from server.game.state import Game, Status

FIRST_DRAW = 2
"""The number of plies from which on a draw can be offered."""
DRAW_PAUSE = 6
"""The number of plies after which the same player can offer a draw again."""
TAKEBACK_PAUSE = timedelta(seconds=10)
"""The time to wait after the first refusal of a takeback; after n refusals it is n² times as long."""


def offer(game: Game, command: Offer) -> Event:
    """The event that an offer leads to. It accepts an open offer of the same kind by the opponent."""
    match command:
        case OfferDraw():
            seat = seat_in_play(game, command.player)
            if _meets(game, Kind.DRAW, seat):
                return _AGREED
            _check_draw(game, seat)
            return DrawOffered(player=command.player)
        case OfferTakeback():
            seat = seat_in_play(game, command.player)
            if theirs := _meets(game, Kind.TAKEBACK, seat):
                return _take_back(game, command, theirs)
            _check_takeback(game, seat, command)
            return TakebackOffered(player=command.player)
        case OfferRematch():
            seat = _seat_after_game(game, command)
            if theirs := _meets(game, Kind.REMATCH, seat):
                return RematchAccepted(player=command.player, offer=theirs.version, game=command.game)
            if game.offers.open:
                raise Rejected(Code.TOO_SOON, "You have offered a rematch already.")
            return RematchOffered(player=command.player)
        case _:
            assert_never(command)


def answer(game: Game, command: Answer) -> Event:
    """The event that the answer to an offer leads to."""
    match command:
        case AcceptDraw():
            _open_offer(game, command, Kind.DRAW)
            return _AGREED
        case DeclineDraw():
            _open_offer(game, command, Kind.DRAW)
            return DrawDeclined(player=command.player, offer=command.offer)
        case AcceptTakeback():
            return _take_back(game, command, _open_offer(game, command, Kind.TAKEBACK))
        case DeclineTakeback():
            _open_offer(game, command, Kind.TAKEBACK)
            return TakebackDeclined(player=command.player, offer=command.offer)
        case AcceptRematch():
            _open_offer(game, command, Kind.REMATCH)
            return RematchAccepted(player=command.player, offer=command.offer, game=command.game)
        case DeclineRematch():
            _open_offer(game, command, Kind.REMATCH)
            return RematchDeclined(player=command.player, offer=command.offer)
        case _:
            assert_never(command)


_AGREED = GameFinished(result=Result.TIED, by=Ending.AGREEMENT)


def _meets(game: Game, kind: Kind, seat: Seat) -> OpenOffer | None:
    """The open offer of this kind that the opponent of `seat` made, or None."""
    open = game.offers.open
    return open if open and open.kind is kind and open.seat is not seat else None


def _open_offer(game: Game, command: Answer, kind: Kind) -> OpenOffer:
    """The offer that `command` answers. Raises Rejected."""
    theirs = _meets(game, kind, seated(game, command.player))
    if theirs is None or theirs.version != command.offer:
        raise Rejected(Code.NO_OFFER, "That offer is not open any more.")
    return theirs


def _check_draw(game: Game, seat: Seat) -> None:
    plies, last = game.plies, game.offers.last_draw
    if plies < FIRST_DRAW:
        raise Rejected(Code.TOO_SOON, "A draw can be offered once both have moved.")
    if last and last.seat is seat and plies < last.plies + DRAW_PAUSE:
        raise Rejected(Code.TOO_SOON, f"You can offer a draw again {DRAW_PAUSE} moves after the last time.")


def _check_takeback(game: Game, seat: Seat, command: OfferTakeback) -> None:
    if game.rated:
        raise Rejected(Code.NOT_ALLOWED, "In a rated game no move is taken back.")
    if game.plies < _plies_back(game, seat):
        raise Rejected(Code.TOO_SOON, "You have made no move to take back.")
    if game.offers.open and game.offers.open.kind is Kind.TAKEBACK:
        raise Rejected(Code.TOO_SOON, "You have asked for that already.")
    refusals = [refusal.at for refusal in game.offers.refused_takebacks if refusal.seat is seat]
    if refusals and command.at < refusals[-1] + len(refusals) ** 2 * TAKEBACK_PAUSE:
        raise Rejected(Code.TOO_SOON, "You were refused a moment ago; ask again later.")


def _take_back(game: Game, command: OfferTakeback | AcceptTakeback, offer: OpenOffer) -> Event:
    number = _plies_back(game, offer.seat)
    return MovesTakenBack(player=command.player, offer=offer.version, number=number)


def _plies_back(game: Game, seat: Seat) -> int:
    """The number of plies to take back so that `seat` can make its last move again."""
    return 2 if game.turn is seat else 1


def _seat_after_game(game: Game, command: OfferRematch) -> Seat:
    seat = seated(game, command.player)
    if game.status is not Status.FINISHED:
        raise Rejected(Code.TOO_SOON, "A rematch can be offered once the game is over.")
    if game.free_seat is not None:
        raise Rejected(Code.NOT_ALLOWED, "There was no opponent to play again with.")
    if game.offers.rematch:
        raise Rejected(Code.TOO_LATE, "The next game has begun already.")
    return seat
