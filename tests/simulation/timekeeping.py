"""The promises of clocks, absences and rematches, checked by arithmetic of its own on the log of a run."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from server.game.board import Seat
from server.game.clock import Downtime
from server.game.endings import LEFT_WITH_CLOCK
from server.store.event_store import RecordedEvent, StreamId
from tests.simulation.games import follows, game_of, is_over
from tests.simulation.journal import Journal
from tests.simulation.store import Log

FIRST_MOVE_MS = 30_000
ROUNDING_MS = 1
"""A server's clock and the log's may round the same moment to two milliseconds."""
HEARD_WITHIN = timedelta(seconds=2)
"""Time within which all servers know that a player has come back, where no fault keeps it from them."""


def check_clock(stream: list[RecordedEvent], log: Log, journal: Journal) -> Iterator[str]:
    """Each move took the time from the event before to its arrival, less downtimes, from its player's clock;
    and no flag fell before that time was up."""
    terms = stream[0].data.get("clock")
    if not terms:
        return
    left: list[int] = []
    since = stream[0].recorded_at
    for event in stream:
        data, seat = event.data, len(left) % 2
        mine = left[-2] if len(left) > 1 else terms["initial"] * 1000
        match event.type, data.get("by"):
            case "GameStarted", _:
                since = event.recorded_at
            case "MoveMade", _:
                yield from _check_move(event, mine, len(left) < 2, terms["increment"], since, log, journal)
                left.append(data["remaining_ms"])
                since = event.recorded_at
            case "MovesTakenBack", _:
                left, since = left[: -data["number"]], event.recorded_at
            case "GameFinished", "timeout":
                yield from _check_flag(event, mine, since, log.downtimes)
                if data["result"] != ("PLAYER_TWO_WON", "PLAYER_ONE_WON")[seat]:
                    yield f"version {event.version}: the time of who won was up"
            case "GameAborted", "no_first_move":
                yield from _check_flag(event, FIRST_MOVE_MS, since, log.downtimes)


def _check_move(
    event: RecordedEvent, mine: int, first: bool, increment: int, since: datetime, log: Log, journal: Journal
) -> Iterator[str]:
    asked = journal.commands.get(event.metadata.command_id)
    arrivals = [at for times in asked.arrived.values() for at in times] if asked else []
    taken, lag, given = (event.data.get(key, 0) for key in ("elapsed_ms", "lag_ms", "downtime_ms"))
    left = mine if first else mine - (taken - lag - given) + increment * 1000
    if event.data["remaining_ms"] != left or left <= 0:
        yield f"version {event.version} has {event.data} on the clock, and not {left} ms"
    if first:
        return
    times = [max(0, _ms(at - since)) for at in arrivals]
    if not any(abs(time - taken) <= ROUNDING_MS for time in times):
        yield f"version {event.version} took {taken} ms, and arrived after {times}"
    at = since + timedelta(milliseconds=taken)
    known = _down(log.downtimes, since, at, at)
    if not known - ROUNDING_MS <= given <= _down(log.downtimes, since, at) + ROUNDING_MS:
        yield f"version {event.version} was given {given} ms back, of a downtime of {known} ms"


def _check_flag(
    event: RecordedEvent, left: int, since: datetime, downtimes: tuple[Downtime, ...]
) -> Iterator[str]:
    at = event.recorded_at
    if (time := _ms(at - since) - _down(downtimes, since, at, at)) < left:
        yield f"version {event.version}: a flag fell after {time} ms of {left}"


def _down(downtimes: Iterable[Downtime], since: datetime, at: datetime, ended: datetime | None = None) -> int:
    """The downtime from `since` to `at`, in milliseconds, without those that ended later than `ended`."""
    spans = (
        min(down.ended, at) - max(down.began, since)
        for down in downtimes
        if ended is None or down.ended <= ended
    )
    return _ms(sum((span for span in spans if span > timedelta()), timedelta()))


def _ms(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def check_abandonment(id: StreamId, stream: list[RecordedEvent], journal: Journal) -> Iterator[str]:
    """Nobody lost a game as abandoned who was there a moment ago."""
    for event in stream:
        if event.type != "GameFinished" or event.data["by"] != "abandonment":
            continue
        claimer = next(
            Seat(joined.data["seat"])
            for joined in stream
            if joined.type == "PlayerJoined" and UUID(joined.data["player"]) == event.metadata.player
        )
        begin = event.recorded_at - LEFT_WITH_CLOCK + HEARD_WITHIN
        for stay in journal.presence.get((id, claimer.other), []):
            if stay.since < event.recorded_at and (stay.until is None or stay.until > begin):
                yield f"version {event.version}: the opponent is said to be away, and was there"


def check_rematches(log: Log) -> Iterator[str]:
    """Of each game follows one other at most, which both agreed to, with the same players on other seats."""
    for id, stream in log.streams.items():
        if not stream or not (of := stream[0].data.get("rematch_of")):
            continue
        before = StreamId(UUID(of))
        if before in log.histories:
            continue  # it may have lost that both agreed
        first = log.streams[before]
        agreed = next((event for event in first if event.type == "RematchAccepted"), None)
        if agreed is None or not is_over(first) or follows(before, first) != id:
            yield f"{id} follows {of}, and is not what both agreed to"
        elif stream[0].metadata.command_id != uuid5(before, f"{agreed.version} rematch"):
            yield f"{id} was opened by a command whose id is not that of version {agreed.version}"
        players = {joined.seat: joined.player for joined in game_of(stream).players}
        if players != {joined.seat.other: joined.player for joined in game_of(first).players}:
            yield f"{id} follows {of}, and its players have not swapped seats"
