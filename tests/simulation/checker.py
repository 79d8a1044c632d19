"""The promises, checked when a run is over: of the log, and of the answers that clients got."""

from collections.abc import Iterator
from itertools import accumulate, groupby
from uuid import UUID

from server.game.board import Seat
from server.game.commands import Command, Create, Join, Move, Resign
from server.game.decider import decide
from server.game.events import AnyEvent, GameCreated, GameFinished, MoveMade, PlayerId, PlayerJoined
from server.game.rejected import Code, Rejected
from server.game.state import NO_GAME, Game, evolve
from server.processes.computer import COMPUTER
from server.store import codec
from server.store.event_store import RecordedEvent
from tests.simulation.journal import NOT_FINAL, Asked, Journal
from tests.simulation.store import Log


def check(log: Log, journal: Journal) -> Iterator[str]:
    """Each broken promise, as a sentence."""
    for stream in log.streams.values():
        yield from check_stream(stream)
    games = {
        id: list(accumulate(map(codec.decode, stream), evolve, initial=NO_GAME))
        for id, stream in log.streams.items()
    }
    for asked in journal.commands.values():
        recorded = log.of_command(asked.stream, asked.id)
        if asked.stream in log.histories and (asked.refused or log.was_lost(asked.stream, asked.id)):
            continue  # it was answered as the log was, and has no right to be in the log as it is
        yield from check_command(asked, recorded)
        yield from check_refusals(asked, recorded, games.get(asked.stream, [NO_GAME]))
    known = journal.commands.keys()
    for event in log.events:
        if event.metadata.command_id not in known and event.metadata.process != COMPUTER.name:
            yield f"version {event.version} is of a command that no client gave"


# A log by itself ------------------------------------------------------------------------------------------


def check_stream(stream: list[RecordedEvent]) -> Iterator[str]:
    """Versions have no gap, no command is recorded twice, and each commit is what the rules decide."""
    if [event.version for event in stream] != list(range(1, len(stream) + 1)):
        yield f"versions are {[event.version for event in stream]}"
        return
    seen = set[UUID]()
    game = NO_GAME
    for _, group in groupby(stream, key=lambda event: event.transaction_id):
        commit = list(group)
        ids = {event.metadata.command_id for event in commit}
        if len(ids) > 1 or ids & seen:
            yield f"version {commit[0].version}: a command is recorded twice, or two in one commit"
        seen |= ids
        happened = tuple(codec.decode(event) for event in commit)
        yield from _check_decision(game, commit[0], happened)
        for event in happened:
            game = evolve(game, event)


def _check_decision(game: Game, first: RecordedEvent, happened: tuple[AnyEvent, ...]) -> Iterator[str]:
    player, moved = PlayerId(first.metadata.player), happened[0]
    if first.metadata.process == COMPUTER.name and isinstance(moved, MoveMade):
        player = moved.player  # the process moves for the computer
    command = _command(player, happened)
    try:
        decided = decide(game, command)
    except Rejected as refusal:
        yield f"version {first.version} is against the rules: {command} is {refusal.code}"
        return
    if decided != happened:
        yield f"version {first.version}: {command} leads to {decided}, and {happened} is recorded"


def _command(player: PlayerId, happened: tuple[AnyEvent, ...]) -> Command:
    """The command that leads to these events."""
    match happened[0]:
        case GameCreated(listed=listed):
            joined = happened[1] if len(happened) > 1 else None
            seat = joined.seat if isinstance(joined, PlayerJoined) else Seat.YELLOW
            name = joined.name if isinstance(joined, PlayerJoined) else ""
            computer = happened[2] if len(happened) > 2 else None
            opponent = computer if isinstance(computer, PlayerJoined) else None
            return Create(player=player, name=name, seat=seat, listed=listed, opponent=opponent)
        case PlayerJoined(name=name):
            return Join(player=player, name=name)
        case MoveMade(column=column):
            return Move(player=player, column=column)
        case GameFinished():
            return Resign(player=player)
        case _:
            return Resign(player=player)  # no command leads to such events alone, so the rules will object


# A command and its answers --------------------------------------------------------------------------------


def check_command(asked: Asked, recorded: list[RecordedEvent]) -> Iterator[str]:
    """An accepted command is recorded at the version that was answered; one that was only refused is not."""
    if asked.accepted:
        if not recorded:
            yield f"{asked.id} was accepted and is not in the log"
        elif asked.accepted != {recorded[-1].version}:
            yield f"{asked.id} was accepted at {asked.accepted} and is at {recorded[-1].version}"
    elif recorded and asked.refused and not asked.sent_after_refusal and not asked.open_elsewhere:
        yield f"{asked.id} ({asked.command}) was refused with {asked.refused} and is in the log"
    for socket in set(asked.sent):
        answers = [answer for place, answer, _ in asked.answers if place == socket]
        if len(answers) > asked.sent.count(socket):
            yield f"{asked.id} has more answers than it was sent on socket {socket}: {answers}"
        if socket and len({answer for answer in answers if answer not in NOT_FINAL}) > 1:
            yield f"{asked.id} has different answers on socket {socket}: {answers}"


def check_refusals(asked: Asked, recorded: list[RecordedEvent], games: list[Game]) -> Iterator[str]:
    """Each refusal has its reason in the game as it was between request and answer on that socket, and before
    the command was recorded. `games` is the game at each version."""
    for socket, code, version in asked.refusals:
        since, until = asked.since[socket], min([version, *(event.version - 1 for event in recorded)])
        if all(_refusal(game, asked) != code for game in games[since : until + 1]):
            command = f"{asked.id} ({asked.command} on {asked.on})"
            yield f"{command} was refused with {code}, without a reason from {since} to {until}"


def _refusal(game: Game, asked: Asked) -> str | None:
    """The code of the refusal that the command gets in this state of the game, or None."""
    if asked.on not in (None, game.version):
        return Code.STALE_VERSION
    try:
        decide(game, asked.command)
    except Rejected as refusal:
        return refusal.code
    return None
