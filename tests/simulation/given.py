"""Commands as a server decides on them: with the moments and the absences that no client can give."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from server.game.board import Seat
from server.game.clock import GRACE, Arrival, Downtime
from server.game.commands import (
    AcceptRematch,
    AcceptTakeback,
    Away,
    CallTime,
    ClaimAbandonment,
    ClaimTimeout,
    Command,
    DeclineDraw,
    Move,
    OfferTakeback,
    StartRematch,
)
from server.game.endings import AWAY_WITH_CLOCK
from server.game.events import (
    AnyEvent,
    DrawDeclined,
    GameAborted,
    GameCreated,
    GameFinished,
    MoveMade,
    MovesTakenBack,
    PlayerJoined,
    RematchAccepted,
)
from server.game.state import Game
from server.processes.computer import COMPUTER
from server.processes.referee import REFEREE
from server.processes.rematch import REMATCH
from server.store.event_store import RecordedEvent

MILLISECOND = timedelta(milliseconds=1)


def as_recorded(
    command: Command, game: Game, first: RecordedEvent, moved: AnyEvent, downtimes: Iterable[Downtime]
) -> Command:
    """A client's `command` as it must have been decided on, where `moved` is the `first` of its events."""
    match command:
        case Move():
            thinking = moved.thinking if isinstance(moved, MoveMade) else None
            if thinking is None:
                return replace(command, arrival=Arrival(at=game.since))
            ago, down = (
                game.since + milliseconds * MILLISECOND
                for milliseconds in (thinking.elapsed_ms, thinking.downtime_ms)
            )
            given = (Downtime(game.since, down),) if thinking.downtime_ms else ()
            return replace(command, arrival=Arrival(at=ago, lag_ms=thinking.lag_ms, downtimes=given))
        case ClaimAbandonment():
            at = first.recorded_at
            return replace(command, at=at, away=Away(since=at - AWAY_WITH_CLOCK))
        case _:
            return at_arrival(command, first.recorded_at, downtimes)


def at_arrival(command: Command, at: datetime, downtimes: Iterable[Downtime]) -> Command:
    """A client's `command` as it is decided on where it arrived at that moment, and the opponent is there."""
    match command:
        case Move():
            return replace(command, arrival=Arrival(at=at, downtimes=tuple(downtimes)))
        case ClaimTimeout():
            return replace(command, arrival=Arrival(at=at - GRACE, downtimes=tuple(downtimes)))
        case OfferTakeback() | ClaimAbandonment():
            return replace(command, at=at)
        case _:
            return command


def of_process(
    game: Game, first: RecordedEvent, happened: tuple[AnyEvent, ...], downtimes: Iterable[Downtime]
) -> tuple[Command, UUID] | None:
    """The command of a process that leads to these events, and the id that it has to have; None where no
    process gives one."""
    command: Command | None
    match first.metadata.process, happened[0]:
        case REFEREE.name, GameFinished() | GameAborted():
            arrival = Arrival(at=first.recorded_at, downtimes=tuple(downtimes))
            id = uuid5(first.stream_id, f"{first.version - 1} time")
            return CallTime(player=REFEREE.id, arrival=arrival), id
        case REMATCH.name, GameCreated(rematch_of=of) as created if of and len(happened) > len(Seat):
            command = StartRematch(
                player=REMATCH.id,
                created_by=created.created_by,
                players=[event for event in happened if isinstance(event, PlayerJoined)],
                rematch_of=of,
                listed=created.listed,
                rated=bool(created.rated),
                clock=created.clock,
                fork_of=created.fork_of,
                opening=created.opening,
            )
            return command, first.metadata.command_id
        case COMPUTER.name, MoveMade(player=player, column=column) as moved:
            command = as_recorded(Move(player=player, column=column), game, first, moved, downtimes)
            return command, uuid5(first.stream_id, f"{first.version - 1} move")
        case COMPUTER.name, answer if command := _answer(answer):
            return command, uuid5(first.stream_id, f"{first.version - 1} answer")
        case _:
            return None


def _answer(event: AnyEvent) -> Command | None:
    """The computer's answer to an offer that leads to this event."""
    match event:
        case DrawDeclined():
            return DeclineDraw(player=event.player, offer=event.offer)
        case MovesTakenBack():
            return AcceptTakeback(player=event.player, offer=event.offer)
        case RematchAccepted():
            return AcceptRematch(player=event.player, offer=event.offer, game=event.game)
        case _:
            return None
