"""Folds the log into one version of a projection, a batch at a time."""

import logging
from collections import deque
from collections.abc import Collection
from uuid import UUID

from server.errors import StoreUnavailable
from server.projections.fold import fold, fold_anew, place_of
from server.projections.projection import Projection, Rows
from server.store.event_store import RecordedEvent
from server.store.read_models import Batch, ReadModels, State, Version

logger = logging.getLogger(__name__)

RENEWED_AFTER = 1.0
"""Time after which the runner of a version gives a sign of life, in seconds; read_models.LEASE is longer."""
CHECKED = 500
"""Number of rows whose heads are looked for in the log each time: of the last that changed, and of all."""
NO_ID = UUID(int=0)

STOPPED = "projection stopped: an event cannot be folded"
GOES_ON = "projection goes on"
SERVED = "projection is served from a new version"
FOLDED_ANEW = "database went back: rows of a projection were folded anew"
BUILT_ANEW = "database went back: a projection is built anew"


class Folder:
    """Folds the log into one version. `runner` is the name of this process."""

    def __init__(self, models: ReadModels, projection: Projection, version: Version, runner: str) -> None:
        self._models, self._projection, self._version, self._runner = models, projection, version, runner
        self.state = State.BUILDING
        self.runs = False
        """True if the version is this process's, or nobody's."""
        self.checks = False
        """True if the next batch is to look whether the rows are still those of the log, and to serve from a
        version that is up to date."""
        self.found_loss = False
        """True once it has found that the log has lost events, until that is told to other projections."""
        self._most: int | None = None  # size of a batch after one that failed; it doubles from there
        self._event: RecordedEvent | None = None
        self._built: Version | None = None  # in its place, since the database went back
        self._recent: deque[UUID] = deque(maxlen=CHECKED)
        self._checked = NO_ID

    @property
    def name(self) -> str:
        """The name of the read model."""
        return self._version.name

    async def step(self, limit: int) -> bool:
        """Fold the next events, `limit` at most. True if there may be more. Raises StoreUnavailable."""
        size = min(limit, self._most or limit)
        try:
            more = await self._batch(size)
        except StoreUnavailable:
            self._most = max(1, size // 2)  # it may have taken too long
            raise
        except Exception as error:
            if size == 1:
                await self._stop(error)
                return False
            self._most = 1  # to find the one at fault, and to fold all before it
            return True
        if self._most:
            self._most = self._most * 2 if self._most < limit else None
        return more

    async def _batch(self, limit: int) -> bool:
        self._event = None
        async with self._models.batch(self._version, self._runner) as batch:
            if batch is None:
                self.runs = False
                return False
            place = batch.place
            events, number = await batch.read(limit)
            rows, anew = await fold(self._projection, batch, events, self._on_event)
            checkpoint = place_of(events[-1]) if events else place.checkpoint
            if events or place.error or place.renewed > RENEWED_AFTER:
                await batch.save(rows, checkpoint, number)
            if self.checks and self.state is State.SERVING:
                anew.update(await self._check(batch))
            swaps = self.checks and self.state is State.BUILDING and number < limit
            swapped = swaps and await batch.swap()
        self._committed(rows, anew, mended=bool(place.error))
        if not place.there and not self._projection.in_step:
            await self.build_anew(again=self.state is State.BUILDING)
        if swapped:
            self.state = State.SERVING
            logger.info(SERVED, extra=self._names)
        return bool(events)

    def _on_event(self, event: RecordedEvent) -> None:
        self._event = event

    def _committed(self, rows: Rows, anew: Collection[UUID], mended: bool) -> None:
        self.checks = False
        if anew:
            self.found_loss = True
            logger.warning(FOLDED_ANEW, extra={**self._names, "rows": len(anew)})
        self._recent.extend(rows)
        if mended:
            logger.info(GOES_ON, extra=self._names)

    async def _check(self, batch: Batch) -> Collection[UUID]:
        """Fold those rows anew whose events the log no longer has; returns their ids."""
        if not self._projection.in_step:
            return ()
        ids, last = await batch.differing(set(self._recent), self._checked, CHECKED)
        self._checked = last or NO_ID
        if ids:
            checkpoint = batch.place.checkpoint
            await batch.save(await fold_anew(self._projection, batch, ids, checkpoint), checkpoint, 0)
        return ids

    async def build_anew(self, again: bool) -> None:
        """Have a new version built, where what the log has lost cannot be taken out of this one. `again`: one
        that is being built may have folded it too. Raises StoreUnavailable."""
        if self._projection.in_step:
            return
        before, self._built = self._built, await self._models.build(self._projection.model, again)
        if self._built != before:
            logger.warning(BUILT_ANEW, extra={**self._names, "built": self._built.number})

    async def _stop(self, error: Exception) -> None:
        """Leave the version in front of the event that cannot be folded. It is tried again now and then."""
        self.runs = False
        event = self._event
        where = f" at version {event.version} of {event.stream_id}" if event else ""
        if await self._models.stop(self._version, f"{type(error).__name__}{where}"):
            at = {"game": event.stream_id, "event": event.version} if event else {}
            logger.error(STOPPED, exc_info=error, extra={**self._names, **at})

    @property
    def _names(self) -> dict[str, object]:
        return {"projection": self._version.name, "projection_version": self._version.number}
