"""Bugs of the projections: wrappers around the read models of a server, and subclasses of its runner."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from server.errors import StoreUnavailable
from server.projections.fold import place_of
from server.projections.runner import GATHER, Runner
from server.store.event_store import Checkpoint, RecordedEvent, StreamId
from server.store.read_models import Batch, Due, Model, Portion, ReadModels, Row, Status, Version
from tests.support.memory_read_models import MemoryReadModels


class WrappedModels:
    """ReadModels that pass everything on to others; a subclass overrides what is done in a batch."""

    def __init__(self, models: ReadModels) -> None:
        assert isinstance(models, MemoryReadModels)
        self._models, self._tables = models, models._tables

    async def prepare(self, models: Sequence[Model]) -> None:
        await self._models.prepare(models)

    async def due(self, most: int, passed_over: Collection[Due] = ()) -> list[Due]:
        return await self._models.due(most, passed_over)

    async def look(self) -> list[Status]:
        return await self._models.look()

    @contextlib.asynccontextmanager
    async def batch(self, version: Version, runner: str) -> AsyncIterator[Batch | None]:
        async with self._models.batch(version, runner) as batch:
            yield batch and WrappedBatch(self, version, batch)

    async def save(
        self, version: Version, batch: Batch, rows: Mapping[UUID, Row | None], at: Checkpoint, events: int
    ) -> None:
        await batch.save(rows, at, events)

    async def build(self, model: Model, again: bool = False) -> Version:
        return await self._models.build(model, again)

    async def stop(self, version: Version, error: str) -> bool:
        return await self._models.stop(version, error)

    async def leave(self, runner: str) -> None:
        await self._models.leave(runner)

    async def clear(self) -> None:
        await self._models.clear()


class WrappedBatch:
    """A batch that leaves saving to the models."""

    def __init__(self, models: WrappedModels, version: Version, batch: Batch) -> None:
        self._models, self._version, self._batch, self.place = models, version, batch, batch.place

    async def read(self, limit: int) -> Portion:
        return await self._batch.read(limit)

    async def read_stream(self, stream: StreamId) -> list[RecordedEvent]:
        return await self._batch.read_stream(stream)

    async def load(self, ids: Collection[UUID]) -> Mapping[UUID, Row]:
        return await self._batch.load(ids)

    async def save(self, rows: Mapping[UUID, Row | None], checkpoint: Checkpoint, events: int) -> None:
        await self._models.save(self._version, self._batch, rows, checkpoint, events)
        self.place = self._batch.place

    async def differing(
        self, ids: Collection[UUID], after: UUID, limit: int
    ) -> tuple[list[UUID], UUID | None]:
        return await self._batch.differing(ids, after, limit)

    async def swap(self) -> bool:
        return await self._batch.swap()


class CheckpointFirst(WrappedModels):
    """Saves the checkpoint by itself, before the rows."""

    async def save(
        self, version: Version, batch: Batch, rows: Mapping[UUID, Row | None], at: Checkpoint, events: int
    ) -> None:
        self._tables.versions[version].checkpoint = at
        await super().save(version, batch, rows, at, events)


class PastOpenTransactions(WrappedModels):
    """Goes on behind the newest event of all, also where older ones could not be read yet."""

    async def save(
        self, version: Version, batch: Batch, rows: Mapping[UUID, Row | None], at: Checkpoint, events: int
    ) -> None:
        newest = place_of(self._tables.log.events[-1]) if events else at
        await super().save(version, batch, rows, max(at, newest), events)


class EndlessLease(WrappedModels):
    """Leaves a version to its runner for ever, also where that is gone."""

    @contextlib.asynccontextmanager
    async def batch(self, version: Version, runner: str) -> AsyncIterator[Batch | None]:
        table = self._tables.versions.get(version)
        if table and table.runner not in (None, runner):
            yield None
            return
        async with self._models.batch(version, runner) as batch:
            yield batch


class NothingDiffers(WrappedModels):
    """Never looks whether the log still has what rows were folded from."""

    @contextlib.asynccontextmanager
    async def batch(self, version: Version, runner: str) -> AsyncIterator[Batch | None]:
        async with super().batch(version, runner) as batch:
            yield batch and _Undiffering(self, version, batch)


class _Undiffering(WrappedBatch):
    async def differing(
        self, ids: Collection[UUID], after: UUID, limit: int
    ) -> tuple[list[UUID], UUID | None]:
        return [], None


class TrustingRunner(Runner):
    """Takes each event for the next of its row."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._projections = {
            name: dataclasses.replace(projection, in_step=projection.in_step and (lambda row, event: True))
            for name, projection in self._projections.items()
        }


class BellsOnly(Runner):
    """Looks at the log only where a bell tells of it."""

    async def run(self) -> None:
        while True:
            with contextlib.suppress(StoreUnavailable):
                while await self.round():
                    await asyncio.sleep(GATHER)
            await self._rung.wait()
            self._rung.clear()
