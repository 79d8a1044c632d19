"""The entries of games as the domain folds them: what the read model of games has to hold."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from server.game.board import Seat
from server.game.events import GameCreated, PlayerJoined
from server.game.state import fold
from server.projections.games import Bot, Clock, Game, Player
from server.store import codec
from server.store.event_store import RecordedEvent


def entry(stream: Sequence[RecordedEvent]) -> Game:
    """The entry of the game whose events are `stream`, by `evolve` and not by the projection."""
    events = [codec.decode(event) for event in stream]
    game = fold(events)
    created = next((event for event in events if isinstance(event, GameCreated)), None)
    clock = created.clock if created else None
    fork_of = created.fork_of if created else None
    head, finish = stream[-1].head, game.finish
    return Game(
        id=stream[0].stream_id,
        version=head.version,
        hash=head.hash.hex() if head.hash else None,
        status=game.status,
        listed=bool(created and created.listed and created.rated is not None),
        rated=bool(created and created.rated),
        clock=Clock(initial=clock.initial, increment=clock.increment) if clock else None,
        players={seat: _player(game.player_at(seat)) for seat in Seat},
        moves="".join(str(column + 1) for column in game.columns),
        result=game.result,
        by=finish.by if finish else None,
        fork_of=fork_of.game if fork_of else None,
        fork_version=fork_of.version if fork_of else None,
        created_at=stream[0].recorded_at,
        changed_at=stream[-1].recorded_at,
    )


def _player(joined: PlayerJoined | None) -> Player | None:
    if joined is None:
        return None
    bot = joined.bot
    shown = Bot(level=bot.level, engine=bot.engine) if bot else None
    return Player(player=joined.player, name=joined.name, sealed=joined.sealed, bot=shown)


def entries(streams: Mapping[Any, Sequence[RecordedEvent]]) -> dict[UUID, Game]:
    """The entries of all games, by their ids."""
    return {id: entry(stream) for id, stream in streams.items() if stream}


def by_stream(events: Iterable[RecordedEvent]) -> dict[UUID, list[RecordedEvent]]:
    """The events of a log by their streams, each in the order of its versions."""
    streams: dict[UUID, list[RecordedEvent]] = {}
    for event in events:
        streams.setdefault(event.stream_id, []).append(event)
    return {id: sorted(stream, key=lambda event: event.version) for id, stream in streams.items()}
