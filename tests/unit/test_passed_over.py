"""Events that a projection leaves unread would have changed nothing."""

from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from server.game.board import Seat
from server.game.events import (
    Abort,
    Bot,
    Clock,
    Ending,
    Event,
    GameAborted,
    GameCreated,
    GameFinished,
    GameId,
    GameStarted,
    MoveMade,
    MovesTakenBack,
    PlayerJoined,
    RematchAccepted,
    RematchOffered,
    Result,
    TakebackOffered,
)
from server.projections import PROJECTIONS
from server.projections.folder import Folder
from server.projections.projection import Projection
from server.store import codec
from server.store.event_store import EMPTY, StreamId
from server.store.read_models import Row, Version
from tests.ratings.replay import player
from tests.support.events import METADATA
from tests.support.memory_read_models import MemoryReadModels, Tables
from tests.support.memory_store import Log, MemoryStore

ADA, GRACE = player(1), player(2)
GAMES = 40
READERS = [projection for projection in PROJECTIONS if projection.begun_by is not None]


def game(random: Random, before: GameId) -> list[Event]:
    """A game of any kind, which may be the rematch of the game `before`, and may go on."""
    bot = random.choice([None, Bot(level="hard", engine=1)])
    created = GameCreated(
        created_by=ADA,
        listed=random.choice([True, False]),
        rated=random.choice([True, False]),
        clock=random.choice([None, None, Clock(initial=60, increment=1)]),
        rematch_of=random.choice([None, before]),
    )
    finished = GameFinished(result=Result.TIED, by=Ending.AGREEMENT)
    ends: list[list[Event]] = [
        [],
        [finished],
        [finished, RematchOffered(player=ADA), RematchAccepted(player=GRACE, offer=1, game=before)],
        [GameAborted(by=Abort.CREATOR)],
        [TakebackOffered(player=ADA), MovesTakenBack(player=GRACE, offer=9, number=1)],
    ]
    return [
        created,
        PlayerJoined(seat=Seat.YELLOW, player=ADA, name="Ada"),
        PlayerJoined(seat=Seat.RED, player=GRACE, name="Grace", bot=bot),
        GameStarted(player_one=ADA, player_two=GRACE),
        *(MoveMade(player=mover, column=3) for mover in (ADA, GRACE, ADA, GRACE)),
        *random.choice(ends),
    ]


async def many(random: Random) -> Log:
    """A log of many games that are played at the same time."""
    store = MemoryStore()
    waiting = {UUID(int=number + 1): game(random, GameId(UUID(int=number))) for number in range(GAMES)}
    while waiting:
        id = random.choice(list(waiting))
        stream = StreamId(id)
        events, waiting[id] = waiting[id][:1], waiting[id][1:]
        head = store.log.head(stream) or EMPTY
        await store.append(stream, head, [codec.encode(event, METADATA) for event in events])
        if not waiting[id]:
            del waiting[id]
    return store.log


async def folded(log: Log, projection: Projection, limit: int) -> tuple[dict[UUID, Row], int]:
    """The rows after the log, and the number of events that were read for them."""
    tables = Tables(log)
    models = MemoryReadModels(tables)
    await models.prepare([projection.model])
    read = 0

    def project(*arguments: object) -> object:
        nonlocal read
        read += 1
        return projection.project(*arguments)  # type: ignore[arg-type]

    counted = replace(projection, project=project)  # type: ignore[arg-type]
    folder = Folder(models, counted, Version(projection.name, 1), "runner")
    while await folder.step(limit):
        pass
    assert tables.versions[Version(projection.name, 1)].events == len(log.events)
    return tables.serving(projection.name), read


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("projection", READERS, ids=lambda projection: projection.name)
async def test_what_is_passed_over_changes_nothing(projection: Projection, limit: int) -> None:
    log = await many(Random(limit))
    rows, read = await folded(log, projection, limit)
    all_rows, all_read = await folded(log, replace(projection, begun_by=None), limit)
    assert rows == all_rows
    assert rows
    assert read <= all_read == len(log.events)
    assert read < all_read or limit != 7
