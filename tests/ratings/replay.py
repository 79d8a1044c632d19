"""A made-up log of rated games, the same on every machine, and the read model of ratings folded from it."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from server.game.board import Seat
from server.game.events import (
    Clock,
    Ending,
    Event,
    GameCreated,
    GameFinished,
    GameStarted,
    MoveMade,
    PlayerId,
    PlayerJoined,
    Result,
)
from server.projections.ratings import RATINGS
from server.store import codec
from server.store.event_store import RecordedEvent, StreamId
from server.store.read_models import Row
from tests.support.events import METADATA

PLAYERS = 1000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CLOCKS = (
    None,
    Clock(initial=60, increment=0),
    Clock(initial=180, increment=2),
    Clock(initial=600, increment=5),
)
KEPT_BITS = 32
"""Bits of each random number. Python promises the same ones for a seed in all versions."""


def player(number: int) -> PlayerId:
    """The id of a player, as of all players: random, by its UUID version."""
    return PlayerId(UUID(bytes=hashlib.sha256(f"player {number}".encode()).digest()[:16], version=4))


def log(games: int) -> Iterator[RecordedEvent]:
    """The events of so many games, one after the other."""
    random = Random(2026)
    position = 0
    for number in range(games):
        stream = StreamId(UUID(int=number + 1))
        for version, event in enumerate(_game(random), 1):
            position += 1
            new = codec.encode(event, METADATA)
            yield RecordedEvent(
                stream_id=stream,
                version=version,
                type=new.type,
                schema_version=new.schema_version,
                data=msgspec.json.decode(msgspec.json.encode(new.data)),
                metadata=METADATA,
                recorded_at=BEGAN + timedelta(seconds=position),
                transaction_id=position,
                position=position,
            )


def _game(random: Random) -> Iterable[Event]:
    chance = random.getrandbits(KEPT_BITS)
    yellow, red = player(chance % PLAYERS), player(chance // PLAYERS % PLAYERS)
    chance = random.getrandbits(KEPT_BITS)
    # The lower number wins more often, so that there is something to be found out.
    stronger, weaker = Result.PLAYER_ONE_WON, Result.PLAYER_TWO_WON
    if yellow > red:
        stronger, weaker = weaker, stronger
    result = Result.TIED if chance % 10 == 0 else stronger if chance % 10 < 7 else weaker
    clock = CLOCKS[chance // 10 % len(CLOCKS)]
    return (
        GameCreated(created_by=yellow, listed=True, rated=True, clock=clock),
        PlayerJoined(seat=Seat.YELLOW, player=yellow, name="Anonymous"),
        PlayerJoined(seat=Seat.RED, player=red, name="Anonymous"),
        GameStarted(player_one=yellow, player_two=red),
        MoveMade(player=yellow, column=3),
        MoveMade(player=red, column=3),
        GameFinished(result=result, by=Ending.RESIGNATION),
    )


def replay(events: Iterable[RecordedEvent]) -> dict[UUID, Row]:
    """The rows of the read model after these events."""
    rows: dict[UUID, Row | None] = {}
    assert RATINGS.also
    for event in events:
        rows.setdefault(event.stream_id, None)
        for id in RATINGS.also(rows, event):
            rows.setdefault(id, None)
        rows.update(RATINGS.project(rows, event))
    return {id: row for id, row in rows.items() if row is not None}


def digest(rows: dict[UUID, Row]) -> str:
    """A SHA-256 over all rows, to the last digit."""
    return hashlib.sha256(msgspec.json.encode([rows[id] for id in sorted(rows)])).hexdigest()
