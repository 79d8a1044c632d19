"""Keeps the projections up to date: one process runs a version, and any other takes over when it is gone."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from server.errors import StoreUnavailable
from server.metrics import (
    ACCEPTED,
    PROJECTION_HELD_BACK,
    PROJECTION_LAG,
    PROJECTION_LAG_SECONDS,
    PROJECTION_STOPPED,
    Metrics,
)
from server.projections.folder import Folder
from server.projections.pace import Metered, Pace
from server.projections.projection import Projection
from server.store.read_models import ReadModels, State, Status, Version

POLL = 1.0
"""Time between two looks at all versions, and at a log of which no bell tells, in seconds."""
GATHER = 0.08
"""Time from a bell until the log is read, in seconds: what comes meanwhile is one batch. Longer than the time
between two bells, so that the last event of many is read even if no bell told of it."""
LEAVE_TIMEOUT = 0.5
"""Longest time to leave one's versions to others at the end, in seconds."""


class Runner:
    """Runs `projections` in one of any number of processes. `name` tells it from all others.

    `clock` and `processor_time` are in seconds.
    """

    def __init__(
        self,
        models: ReadModels,
        projections: Sequence[Projection],
        name: str,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        processor_time: Callable[[], float] = time.thread_time,
        on_folded: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`on_folded` is told the name of a read model that is served from and has changed."""
        self._on_folded = on_folded
        self._models, self._name, self._metrics = models, name, metrics
        self._projections = {projection.name: projection for projection in projections}
        self._clock, self._processor_time = clock, processor_time
        self._pace = Pace(lambda: metrics.counts[ACCEPTED], clock)
        self._rung = asyncio.Event()
        self._looked_at = float("-inf")
        self._folders: dict[Version, Folder] = {}

    def ring(self) -> None:
        """The log has grown. What no bell tells of is found by the next look."""
        self._rung.set()

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            while True:
                self._rung.clear()
                more = False
                with contextlib.suppress(StoreUnavailable):
                    more = await self.round()
                if not more:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(POLL):
                            await self._rung.wait()
                await asyncio.sleep(0 if more and not self._pace.playing else GATHER)
        finally:
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(LEAVE_TIMEOUT):
                    await self._models.leave(self._name)

    async def round(self) -> bool:
        """Fold a batch into each version that is this process's; one that fails keeps no other from its turn.
        True if the log may have more. Raises StoreUnavailable."""
        if self._clock() - self._looked_at >= POLL:
            await self._look()
        more = False
        for folder in self._folders.values():
            if folder.runs:
                with contextlib.suppress(StoreUnavailable):
                    more |= await self._step(folder)
        return more

    async def _step(self, folder: Folder) -> bool:
        """Fold a batch, and pause in proportion to the time that it took."""
        work = Metered(folder.step(self._pace.batch), self._processor_time)
        more = await work
        if more and folder.state is State.SERVING:
            self._on_folded(folder.name)
        if folder.found_loss:
            for other in self._folders.values():
                if other.state is State.SERVING:
                    await other.build_anew(again=True)
            folder.found_loss = False
        if not folder.runs:  # another process has it, or it is served from no more, or it has stopped
            self._looked_at = float("-inf")
        await asyncio.sleep(self._pace.pause(work.spent))
        return more

    async def _look(self) -> None:
        """See which versions there are, and which of them are this process's to run."""
        statuses = await self._models.look()
        if self._is_missing(statuses):
            await self._models.prepare([projection.model for projection in self._projections.values()])
            statuses = await self._models.look()
        before, self._folders = self._folders, {}
        for status in statuses:
            projection = self._projections.get(status.name)
            if status.state is State.RETIRED:
                continue
            if projection and projection.revision == status.revision:  # else another release runs it
                folder = before.get(status.key) or Folder(self._models, projection, status.key, self._name)
                folder.state, folder.checks = status.state, True
                folder.runs = status.runner in (None, self._name) and not status.resting
                self._folders[status.key] = folder
            if projection and status.state is State.SERVING:
                self._measure(status)
        self._looked_at = self._clock()
        if any(status.state is State.RETIRED for status in statuses):
            with contextlib.suppress(StoreUnavailable):  # somebody reads from its tables for long
                await self._models.clear()

    def _is_missing(self, statuses: Sequence[Status]) -> bool:
        """True if a projection has no version of this release's revision, or of a later one."""
        revisions = {
            name: [status.revision for status in statuses if status.name == name]
            for name in self._projections
        }
        return any(
            max(revisions[name], default=0) < projection.revision
            for name, projection in self._projections.items()
        )

    def _measure(self, status: Status) -> None:
        """Show the lag of what is served from."""
        counts, name = self._metrics.counts, status.name
        counts[PROJECTION_LAG[name]] = status.lag_events
        counts[PROJECTION_LAG_SECONDS[name]] = int(status.lag_seconds * 1000)
        counts[PROJECTION_HELD_BACK[name]] = status.held_back
        counts[PROJECTION_STOPPED[name]] = status.error is not None
