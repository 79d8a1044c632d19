"""The projections from outside a server, for the command line: how far they are, and building one anew."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from socket import gethostname

from msgspec import Struct

from server.errors import StoreUnavailable, UnknownProjection
from server.projections import PROJECTIONS
from server.projections.folder import Folder
from server.projections.pace import BATCH_AT_REST
from server.store import codec
from server.store.database import Database
from server.store.postgres_read_models import CONNECTIONS, PostgresReadModels
from server.store.read_models import ReadModels, State, Status, Version

TELL = 1.0
"""Time from one progress to the next, in seconds."""
PAUSE = 0.1
"""Pause while there is nothing to do for this process, in seconds."""


class Progress(Struct, frozen=True, kw_only=True):
    """The progress of a version that is being built."""

    name: str
    version: int
    events: int
    """Number of events that it has folded."""
    left: int
    """Number of events that it has yet to fold, about."""
    seconds: float
    """Time since the rebuild was asked for."""
    rate: float
    """Events folded in a second of that time."""
    seconds_left: float | None
    """Time until it is done at this rate; None while there is no rate."""
    done: bool
    """True once it is served from. The last progress that is told."""


@contextlib.asynccontextmanager
async def read_models(database_url: str) -> AsyncIterator[PostgresReadModels]:
    """The read models in the database at `database_url`, on connections of their own. Raises BadAddress."""
    models = [projection.model for projection in PROJECTIONS]
    async with Database.at(database_url, size=CONNECTIONS, used_for="read models") as database:
        read_models = PostgresReadModels(database, codec.upcast, models)
        with contextlib.suppress(StoreUnavailable):  # then a runner makes them
            await read_models.prepare(models)
        yield read_models


async def statuses(database_url: str) -> list[Status]:
    """Every version that is served from or being built, by name and version.

    Raises BadAddress; StoreUnavailable.
    """
    async with read_models(database_url) as models:
        return [status for status in await models.look() if status.state is not State.RETIRED]


async def rebuild(database_url: str, name: str) -> AsyncGenerator[Progress, None]:
    """Build a new version of projection `name` beside the one that is served from, then serve from it.

    It is built in this process; where that ends before, a server goes on. Tells the progress once a second.

    Raises UnknownProjection; BadAddress; StoreUnavailable.
    """
    projection = next((projection for projection in PROJECTIONS if projection.name == name), None)
    if projection is None:
        raise UnknownProjection(name, [projection.name for projection in PROJECTIONS])
    async with read_models(database_url) as models:
        version = await models.build(projection.model)
        runner = f"rebuild on {gethostname()} {os.getpid()}"
        folder = Folder(models, projection, version, runner)
        try:
            async for progress in _build(models, folder, version):
                yield progress
        finally:
            await models.leave(runner)


async def _build(models: ReadModels, folder: Folder, version: Version) -> AsyncIterator[Progress]:
    """Fold until `version` is served from. Where a server runs it already, only tell how far that is."""
    began, first = time.monotonic(), None
    while True:
        status = next((status for status in await models.look() if status.key == version), None)
        if status is None or status.state is State.RETIRED:
            raise StoreUnavailable("another version has been built meanwhile")
        seconds = time.monotonic() - began
        first = status.events if first is None else first
        rate = (status.events - first) / seconds if seconds else 0.0
        yield Progress(
            name=version.name,
            version=version.number,
            events=status.events,
            left=status.lag_events,
            seconds=seconds,
            rate=rate,
            seconds_left=status.lag_events / rate if rate else None,
            done=status.state is State.SERVING,
        )
        if status.state is State.SERVING:
            return
        folder.runs = folder.checks = True
        told = time.monotonic()
        while time.monotonic() - told < TELL and folder.state is State.BUILDING:
            if not (folder.runs and await folder.step(BATCH_AT_REST)):
                await asyncio.sleep(PAUSE)
            folder.checks = True
