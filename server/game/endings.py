"""Decisions on the ends of a game that are no move: resigned, aborted, out of time, abandoned."""

from datetime import datetime, timedelta

from server.game import commands, events
from server.game.board import Seat
from server.game.checks import game_over, seat_in_play, seated
from server.game.commands import Away, CallTime, ClaimAbandonment, ClaimTimeout, Resign
from server.game.events import Ending, Event, GameAborted, GameFinished, Result
from server.game.rejected import Code, Rejected
from server.game.state import Game, Status

LAST_ABORT = 2
"""The number of moves made from which on a game is no longer aborted."""
AWAY_WITH_CLOCK = timedelta(seconds=40)
"""Absence after which a game with a clock counts as abandoned."""
LEFT_WITH_CLOCK = timedelta(seconds=10)
"""The same where the player left on purpose."""
AWAY_LISTED = timedelta(seconds=60)
"""Absence after which a listed game without a clock counts as abandoned."""
SILENT_UNLISTED = timedelta(days=14)
"""Time without a move after which an unlisted game without a clock counts as abandoned."""


def resign(game: Game, command: Resign) -> Event:
    seat = seat_in_play(game, command.player)
    return GameFinished(result=Result.won_by(seat.other), by=Ending.RESIGNATION)


def abort(game: Game, command: commands.Abort) -> Event:
    seated(game, command.player)
    if game.status is Status.FINISHED:
        raise game_over()
    if game.status is Status.WAITING:
        return GameAborted(by=events.Abort.CREATOR, player=command.player)
    if game.plies >= LAST_ABORT:
        raise Rejected(Code.TOO_LATE, "Both have moved; you can resign, or offer a draw.")
    return GameAborted(by=events.Abort.PLAYER, player=command.player)


def time_out(game: Game, command: ClaimTimeout | CallTime) -> Event:
    """The end of a game whose player to move has no time left."""
    if isinstance(command, ClaimTimeout):
        seat_in_play(game, command.player)
    late = game.next
    if late is None:
        raise game_over()
    if game.clocks is None:
        raise Rejected(Code.NOT_ALLOWED, "This game has no clock.")
    if command.arrival.at < game.clocks.due(game.since, command.arrival):
        raise Rejected(Code.NOT_YET, "There is time left.")
    if not game.clocks.running:
        return GameAborted(by=events.Abort.NO_FIRST_MOVE)
    return GameFinished(result=Result.won_by(late.other), by=Ending.TIMEOUT)


def abandon(game: Game, command: ClaimAbandonment) -> Event:
    seat = seat_in_play(game, command.player)
    claim_at = claimable_at(game, seat.other, command.away)
    if claim_at is None or command.at < claim_at:
        raise Rejected(Code.NOT_YET, "Your opponent has not been away for long enough.")
    won = command.result is commands.Claim.WIN
    return GameFinished(result=Result.won_by(seat) if won else Result.TIED, by=Ending.ABANDONMENT)


def claimable_at(game: Game, seat: Seat, away: Away | None) -> datetime | None:
    """The moment from which the opponent of `seat` can claim that `seat`, which is `away`, abandoned the
    game; None while it cannot."""
    if game.created is None or game.next is None:
        return None
    if game.clocks is None and not game.created.public:  # friends may take days
        return game.since + SILENT_UNLISTED if game.next is seat else None
    if away is None or (game.bot and game.bot.seat is seat):  # the computer needs no connection
        return None
    if game.clocks is None:
        return away.since + AWAY_LISTED
    return away.since + (LEFT_WITH_CLOCK if away.left else AWAY_WITH_CLOCK)
