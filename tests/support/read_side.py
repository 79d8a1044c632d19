"""The read models of a database, held against the log that they were folded from."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import msgspec

from server.game.events import GameCreated
from server.projections import PROJECTIONS
from server.projections.games import Game
from server.store import codec, postgres
from server.store.database import Database
from server.store.event_store import EMPTY, EventStore, Head, RecordedEvent, StreamId
from server.store.postgres_read_models import PostgresReadModels
from tests.support.entries import by_stream, entries
from tests.support.events import METADATA, until_readable
from tests.support.scenario import ADA, moves, started

PATIENCE = 60.0
"""Longest time until the read models are as the log, in seconds. Only a test that fails waits so long."""

ROWS = "SELECT to_jsonb(games) || jsonb_build_object('hash', encode(hash, 'hex')) FROM games"
LOG = "SELECT * FROM events"
NEXT_GAMES = """
    SELECT id FROM (
        (SELECT stream_id AS id FROM events WHERE version = 1 AND stream_id > $1 ORDER BY stream_id LIMIT $2)
        UNION
        (SELECT id FROM games WHERE id > $1 ORDER BY id LIMIT $2)
    ) AS games ORDER BY id LIMIT $2
"""
PART = 2_000
"""Games that are checked at a time."""


class ReadSide:
    """A log that can be appended to, its read models, and a connection of a superuser beside them."""

    def __init__(self, log: EventStore, models: PostgresReadModels, superuser: asyncpg.Connection) -> None:
        self.log, self.models, self.superuser = log, models, superuser

    async def play(self, columns: str = "", *, listed: bool = False) -> StreamId:
        """Record a game, a commit for each move, and return its id."""
        game, head = StreamId(uuid4()), EMPTY
        beginning = (GameCreated(created_by=ADA, listed=listed, rated=False), *started()[1:])
        for events in (beginning, *((move,) for move in moves(columns))):
            new = [codec.encode(event, METADATA) for event in events]
            head = (await self.log.append(game, head, new))[-1].head
        return game

    async def until_readable(self, game: StreamId) -> None:
        """Return when readers of the whole log see all of a game."""
        await until_readable(self.log, (await self.log.read(game))[-1])

    async def move(self, game: StreamId, column: int) -> Head:
        """Record one more move, in a column from 1, and return the head."""
        [move] = moves(str(column))
        head = (await self.log.read(game))[-1].head
        return (await self.log.append(game, head, [codec.encode(move, METADATA)]))[-1].head

    async def go_back(self, game: StreamId, version: int) -> None:
        """Take away all events of a game behind `version`, as only a database that went back does."""
        async with self.superuser.transaction():
            await self.superuser.execute("ALTER TABLE events DISABLE TRIGGER append_only")
            await self.superuser.execute(
                "DELETE FROM events WHERE stream_id = $1 AND version > $2", game, version
            )
            await self.superuser.execute("ALTER TABLE events ENABLE ALWAYS TRIGGER append_only")

    async def folded(self) -> dict[UUID, Game]:
        """What the log folds to, read without regard to what is still to be read."""
        rows = await self.superuser.fetch(LOG)
        events: list[RecordedEvent] = [postgres.recorded_event(row, row["hash"]) for row in rows]
        return entries(by_stream(codec.upcast(event) for event in events))

    async def served(self) -> dict[UUID, Game]:
        """The rows that are served from."""
        decoder = msgspec.json.Decoder(Game)
        return {row.id: row for (text,) in await self.superuser.fetch(ROWS) for row in [decoder.decode(text)]}

    async def in_parts(self) -> AsyncIterator[tuple[int, dict[UUID, Game], dict[UUID, Game]]]:
        """The same of all games, so many at a time that they fit into memory: the number of games so far, the
        rows that are served from, and what the log folds to."""
        decoder, games, last = msgspec.json.Decoder(Game), 0, UUID(int=0)
        while ids := [row["id"] for row in await self.superuser.fetch(NEXT_GAMES, last, PART)]:
            served = await self.superuser.fetch(f"{ROWS} WHERE id = ANY($1)", ids)
            log = await self.superuser.fetch(f"{LOG} WHERE stream_id = ANY($1)", ids)
            events = [codec.upcast(postgres.recorded_event(row, row["hash"])) for row in log]
            games, last = games + len(ids), ids[-1]
            rows = [decoder.decode(text) for (text,) in served]
            yield games, {row.id: row for row in rows}, entries(by_stream(events))

    async def agree(self) -> dict[UUID, Game]:
        """Wait until what is served is what the log folds to, and return it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while await self.served() != await self.folded():
                    await asyncio.sleep(0.02)
        served = await self.served()
        assert served == await self.folded()
        return served


@contextlib.asynccontextmanager
async def read_side(database_url: str) -> AsyncIterator[ReadSide]:
    """The read side of a migrated database."""
    superuser = await asyncpg.connect(database_url.replace("//connect4@", "//postgres@"))
    try:
        async with (
            Database.at(database_url) as database,
            Database.at(database_url, size=4, used_for="test") as others,
            postgres.event_store(database, codec.upcast) as log,
        ):
            all_models = [projection.model for projection in PROJECTIONS]
            models = PostgresReadModels(others, codec.upcast, all_models)
            await models.prepare(all_models)
            yield ReadSide(log, models, superuser)
    finally:
        await superuser.close()
