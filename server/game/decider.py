"""The decision on a command: `decide` checks every rule and changes nothing.

The Decider pattern, after Jérémie Chassaing: `decide` here, and `evolve` in server/game/state.py, which
applies an event and checks nothing. A game is the left fold of `evolve` over its events.
"""

from collections.abc import Sequence

from server.game import agreements, endings
from server.game.board import COLUMNS, Seat
from server.game.checks import game_over, seat_in_play
from server.game.commands import (
    Abort,
    CallTime,
    ClaimAbandonment,
    ClaimTimeout,
    Command,
    Create,
    Join,
    Move,
    OfferDraw,
    OfferRematch,
    OfferTakeback,
    Resign,
    StartRematch,
)
from server.game.events import (
    Ending,
    Event,
    GameCreated,
    GameFinished,
    GameStarted,
    MoveMade,
    PlayerJoined,
    Result,
    Thinking,
)
from server.game.rejected import Code, Rejected, already_seated, no_such_game
from server.game.state import Game


def decide(game: Game, command: Command) -> tuple[Event, ...]:
    """The events that `command` leads to: at least one, recorded together or not at all.

    Raises Rejected where the rules refuse it.
    """
    if game.unrecognised:
        raise Rejected(Code.UNAVAILABLE, "A newer release of this server runs the game. Try again.")
    if not game.created:
        match command:
            case Create():
                return _create(command)
            case StartRematch():
                return _start_rematch(command)
            case _:
                raise no_such_game()
    match command:
        case Move():
            return _move(game, command)
        case Create() | StartRematch():
            raise Rejected(Code.GAME_EXISTS, "This game was created before.")
        case Join():
            return _join(game, command)
        case Resign():
            return (endings.resign(game, command),)
        case Abort():
            return (endings.abort(game, command),)
        case ClaimTimeout() | CallTime():
            return (endings.time_out(game, command),)
        case ClaimAbandonment():
            return (endings.abandon(game, command),)
        case OfferDraw() | OfferTakeback() | OfferRematch():
            return (agreements.offer(game, command),)
        case _:
            return (agreements.answer(game, command),)


def _create(command: Create) -> tuple[Event, ...]:
    created = GameCreated(
        created_by=command.player,
        listed=command.listed,
        rated=command.rated,
        clock=command.clock,
        fork_of=command.fork_of,
        opening=command.opening,
    )
    joined = PlayerJoined(seat=command.seat, player=command.player, name=command.name)
    if command.opponent is None:
        return created, joined
    return created, joined, command.opponent, _start((joined, command.opponent))


def _start_rematch(command: StartRematch) -> tuple[Event, ...]:
    return (
        GameCreated(
            created_by=command.created_by,
            listed=command.listed,
            rated=command.rated,
            clock=command.clock,
            rematch_of=command.rematch_of,
            fork_of=command.fork_of,
            opening=command.opening,
        ),
        *command.players,
        _start(command.players),
    )


def _start(players: Sequence[PlayerJoined]) -> GameStarted:
    """The start of a game in which both seats are taken."""
    by_seat = {player.seat: player.player for player in players}
    return GameStarted(player_one=by_seat[Seat.YELLOW], player_two=by_seat[Seat.RED])


def _join(game: Game, command: Join) -> tuple[Event, ...]:
    seat = game.free_seat
    if seat is None:
        raise Rejected(Code.SEAT_TAKEN, "Both seats are taken; you can watch.")
    if game.seat_of(command.player):
        raise already_seated()
    if game.finish:
        raise game_over()
    joined = PlayerJoined(seat=seat, player=command.player, name=command.name)
    players = (*game.players, joined)
    return (joined, _start(players)) if len(players) == len(Seat) else (joined,)


def _move(game: Game, command: Move) -> tuple[Event, ...]:
    seat = seat_in_play(game, command.player)
    if seat is not game.turn:
        raise Rejected(Code.NOT_YOUR_TURN, "It is the other player's turn.")
    if not 0 <= command.column < COLUMNS:
        raise Rejected(Code.NO_SUCH_COLUMN, f"Columns go from 0 to {COLUMNS - 1}.")
    if not game.board.has_room(command.column):
        raise Rejected(Code.COLUMN_FULL, "That column is full.")
    thinking = None if game.clocks is None else _thinking(game, command)
    moved = MoveMade(player=command.player, column=command.column, thinking=thinking)
    board = game.board.drop(seat, command.column)
    if cells := board.winning_cells(seat):
        return moved, GameFinished(result=Result.won_by(seat), by=Ending.FOUR, cells=cells)
    if board.full:
        return moved, GameFinished(result=Result.TIED, by=Ending.BOARD_FULL)
    return (moved,)


def _thinking(game: Game, command: Move) -> Thinking:
    """The time that the move takes. Raises Rejected where there was none left."""
    assert game.clocks
    assert command.arrival, "a move in a game with a clock has a moment of arrival"
    thinking = game.clocks.thinking(game.since, command.arrival)
    if thinking.remaining_ms <= 0:
        raise Rejected(Code.TOO_LATE, "Your time was up.")
    return thinking
