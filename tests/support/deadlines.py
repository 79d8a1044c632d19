"""The deadlines of games as the domain folds them: what the read model of deadlines has to hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.game.state import NO_GAME, evolve
from server.store import codec
from server.store.event_store import RecordedEvent


def deadlines(streams: Mapping[Any, Sequence[RecordedEvent]]) -> dict[UUID, datetime | None]:
    """For each game with a clock the moment in which the time of whoever is to move is up, where it runs."""
    found: dict[UUID, datetime | None] = {}
    for id, stream in streams.items():
        game = NO_GAME
        for event in stream:
            game = evolve(game, codec.decode(event), event.recorded_at)
        if game.clocks:
            found[id] = game.clocks.up_at(game.since) if game.next else None
    return found
