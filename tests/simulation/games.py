"""Games as their logs have them in a run: what is open, what is due, what has to follow."""

from collections.abc import Sequence
from datetime import datetime

from server.game.clock import Arrival, Downtime
from server.game.events import GameId
from server.game.offers import rematch_id
from server.game.state import NO_GAME, Game, evolve
from server.store import codec
from server.store.event_store import RecordedEvent, StreamId

Stream = Sequence[RecordedEvent]


def game_of(stream: Stream) -> Game:
    """The game after its events."""
    return states(stream)[-1]


def states(stream: Stream) -> list[Game]:
    """The game at each version, from 0."""
    games = [NO_GAME]
    for event in stream:
        games.append(evolve(games[-1], codec.decode(event), event.recorded_at))
    return games


def is_over(stream: Stream) -> bool:
    return any(event.type in ("GameFinished", "GameAborted") for event in stream)


def being_played(stream: Stream) -> bool:
    """True if the game has started and is not over."""
    return any(event.type == "GameStarted" for event in stream) and not is_over(stream)


def is_timed(stream: Stream) -> bool:
    return bool(stream) and stream[0].data.get("clock") is not None


def due(stream: Stream, downtimes: tuple[Downtime, ...] = ()) -> datetime:
    """The moment in which the time of whoever is to move is up, in a game with a clock."""
    game = game_of(stream)
    assert game.clocks
    at = max((down.ended for down in downtimes), default=game.since)
    return game.clocks.due(game.since, Arrival(at=at, downtimes=downtimes))


def follows(stream_id: StreamId, stream: Stream) -> StreamId | None:
    """The game that both players agreed to play next, if they did."""
    agreed = any(event.type == "RematchAccepted" for event in stream)
    return StreamId(rematch_id(GameId(stream_id))) if agreed else None
