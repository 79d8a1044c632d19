"""A projection whose rows depend on several streams: what cannot be undone is built anew."""

import asyncio
from uuid import UUID

import pytest

from server.metrics import Metrics
from server.projections.folder import BUILT_ANEW
from server.projections.projection import Projection, Rows
from server.projections.runner import Runner
from server.store.event_store import EMPTY, RecordedEvent, StreamId
from server.store.read_models import Row, State
from tests.support.events import new_moves
from tests.support.memory_read_models import MemoryReadModels, Tables
from tests.support.memory_store import MemoryStore


class Columns(Row, frozen=True, kw_only=True):
    """Number of discs that were ever dropped into a column."""

    discs: int = 0


def column(event: RecordedEvent) -> UUID:
    return UUID(int=event.data["column"])


def project(rows: Rows, event: RecordedEvent) -> Rows:
    row = rows[column(event)] or Columns(id=column(event))
    assert isinstance(row, Columns)
    return {row.id: Columns(id=row.id, discs=row.discs + 1)}


COLUMNS = Projection(
    name="other", revision=1, row=Columns, project=project, concerns=lambda event: [column(event)]
)


class World:
    """A log in memory, and a runner whose time goes by as fast as it is asked to run."""

    def __init__(self) -> None:
        self.store, self.now = MemoryStore(), 0.0
        self.tables = Tables(self.store.log, lambda: self.now)
        models = MemoryReadModels(self.tables)
        self.runner = Runner(models, [COLUMNS], "runner", Metrics(), lambda: self.now)

    async def play(self, stream: int, *columns: int) -> None:
        head = self.store.log.head(StreamId(UUID(int=stream)))
        await self.store.append(StreamId(UUID(int=stream)), head or EMPTY, new_moves(*columns))

    async def run(self) -> None:
        """Run for some seconds."""
        for _ in range(10):
            await self.runner.round()
            self.now += 1.0

    @property
    def discs(self) -> dict[int, int]:
        rows = self.tables.serving("other").values()
        return {row.id.int: row.discs for row in rows if isinstance(row, Columns)}


async def test_rows_are_of_all_streams() -> None:
    world = World()
    await world.play(1, 3, 4)
    await world.play(2, 3)
    await world.run()
    assert world.discs == {3: 2, 4: 1}


async def test_after_the_database_went_back_all_is_built_anew_and_served_from(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    await world.play(1, 3, 4)
    await world.play(2, 3)
    await world.run()
    world.store.log.go_back(StreamId(UUID(int=2)), 0)
    await world.run()
    assert world.discs == {3: 1, 4: 1}
    assert [(version.number, table.state) for version, table in world.tables.versions.items()] == [
        (2, State.SERVING)
    ]
    assert caplog.messages.count(BUILT_ANEW) == 1
    await world.play(1, 3)
    await asyncio.sleep(0)
    await world.run()
    assert world.discs == {3: 2, 4: 1}
