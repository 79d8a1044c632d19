"""The promises, checked when a run is over: of the log, and of the answers that clients got."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

from server.game.clock import Downtime
from server.game.commands import Command
from server.game.decider import decide
from server.game.events import AnyEvent
from server.game.rejected import Code, Rejected
from server.game.state import EPOCH, NO_GAME, Game, evolve
from server.processes.computer import COMPUTER
from server.store import codec
from server.store.event_store import RecordedEvent
from tests.simulation.games import states
from tests.simulation.given import as_recorded, at_arrival, of_process
from tests.simulation.journal import NOT_FINAL, Asked, Journal
from tests.simulation.store import Log
from tests.simulation.timekeeping import check_abandonment, check_clock, check_rematches


def check(log: Log, journal: Journal) -> Iterator[str]:
    """Each broken promise, as a sentence."""
    for id, stream in log.streams.items():
        if [event.version for event in stream] != list(range(1, len(stream) + 1)):
            yield f"versions are {[event.version for event in stream]}"
            continue
        yield from check_stream(stream, log, journal)
        yield from check_clock(stream, log, journal)
        yield from check_abandonment(id, stream, journal)
    yield from check_rematches(log)
    games = {id: states(stream) for id, stream in log.streams.items()}
    for asked in journal.commands.values():
        recorded = log.of_command(asked.stream, asked.id)
        if asked.stream in log.histories and (asked.refused or log.was_lost(asked.stream, asked.id)):
            continue  # it was answered as the log was, and has no right to be in the log as it is
        yield from check_command(asked, recorded, journal)
        yield from check_refusals(asked, recorded, games.get(asked.stream, [NO_GAME]), log.downtimes)


# A log by itself ------------------------------------------------------------------------------------------


def check_stream(stream: list[RecordedEvent], log: Log, journal: Journal) -> Iterator[str]:
    """No command is recorded twice, and each commit is what the rules decide on the command that a client or
    a process gave."""
    seen = set[UUID]()
    game = NO_GAME
    for _, group in groupby(stream, key=lambda event: event.transaction_id):
        commit = list(group)
        ids = {event.metadata.command_id for event in commit}
        if len(ids) > 1 or ids & seen:
            yield f"version {commit[0].version}: a command is recorded twice, or two in one commit"
        seen |= ids
        happened = tuple(codec.decode(event) for event in commit)
        yield from _check_decision(game, commit[0], happened, log, journal)
        for recorded, event in zip(commit, happened, strict=True):
            game = evolve(game, event, recorded.recorded_at)


def _check_decision(
    game: Game, first: RecordedEvent, happened: tuple[AnyEvent, ...], log: Log, journal: Journal
) -> Iterator[str]:
    metadata = first.metadata
    ended = [down for down in log.downtimes if down.ended <= first.recorded_at]
    command: Command
    if asked := journal.commands.get(metadata.command_id):
        command = as_recorded(asked.command, game, first, happened[0], ended)
    elif given := of_process(game, first, happened, ended):
        command, id = given
        if metadata.command_id != id:
            yield f"version {first.version}: {command} has the id {metadata.command_id}, and not {id}"
    else:
        yield f"version {first.version} is of a command that no client and no process gave"
        return
    actor = COMPUTER.id if metadata.process == COMPUTER.name else command.player
    if metadata.player != actor:
        yield f"version {first.version} is said to be of {metadata.player}, and is of {actor}"
    try:
        decided = decide(game, command)
    except Rejected as refusal:
        yield f"version {first.version} is against the rules: {command} is {refusal.code}"
        return
    if decided != happened:
        yield f"version {first.version}: {command} leads to {decided}, and {happened} is recorded"


# A command and its answers --------------------------------------------------------------------------------


def check_command(asked: Asked, recorded: list[RecordedEvent], journal: Journal) -> Iterator[str]:
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
        final = {answer for answer in answers if answer not in NOT_FINAL}
        if socket and len(final) > 1 and not journal.may_be_forgotten(asked.id, socket):
            yield f"{asked.id} has different answers on socket {socket}: {answers}"


def check_refusals(
    asked: Asked, recorded: list[RecordedEvent], games: list[Game], downtimes: tuple[Downtime, ...]
) -> Iterator[str]:
    """Each refusal has its reason in the game as it was between request and answer on that socket, and before
    the command was recorded. `games` is the game at each version."""
    for socket, code, version in asked.refusals:
        since, until = asked.since[socket], min([version, *(event.version - 1 for event in recorded)])
        arrivals = asked.arrived.get(socket, [EPOCH])
        if not any(
            _refusal(game, asked, at, known) == code
            for game in games[since : until + 1]
            for at in arrivals
            for known in {downtimes, tuple(down for down in downtimes if down.ended <= at)}
        ):
            command = f"{asked.id} ({asked.command} on {asked.on})"
            yield f"{command} was refused with {code}, without a reason from {since} to {until}"


def _refusal(game: Game, asked: Asked, at: datetime, downtimes: tuple[Downtime, ...]) -> str | None:
    """The code of the refusal that the command gets in this state of the game when it arrives then, or
    None."""
    if asked.on not in (None, game.version):
        return Code.STALE_VERSION
    try:
        decide(game, at_arrival(asked.command, at, downtimes))
    except Rejected as refusal:
        return refusal.code
    return None
