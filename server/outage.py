"""Outages of what this server needs: noticed, logged when they begin and end, and shown as a figure."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from server.errors import StoreUnavailable
from server.metrics import Metrics
from server.tasks import Tasks

logger = logging.getLogger(__name__)

QUIET = 2.0
"""Time without a failure after which an outage is over, in seconds: a service that fails now and then has one
long outage and not a hundred short ones."""
CHECK_INTERVAL = 1.0
"""Time between two checks of a service that nobody else may be using, in seconds."""


class Outage:
    """Tells an operator when a service cannot be used, and for how long that was so.

    `failed` and `succeeded` may be called as often as they happen. `figure` is the index of the figure in
    `metrics` that is 1 while the service can be used.
    """

    def __init__(
        self, service: str, metrics: Metrics, figure: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service, self._metrics, self._figure, self._clock = service, metrics, figure, clock
        self._began: float | None = None
        self._failed_at = self._ended = 0.0

    def failed(self, error: object) -> None:
        """The service could not be used."""
        self._failed_at = self._clock()
        self._ended = 0.0
        self._metrics.counts[self._figure] = 0
        if self._began is None:
            self._began = self._failed_at
            logger.warning("outage began", extra={"service": self._service, "error": str(error)})

    def succeeded(self) -> None:
        """The service was used."""
        self._metrics.counts[self._figure] = 1
        if self._began is None:
            return
        now = self._clock()
        self._ended = self._ended or now
        if now - self._failed_at >= QUIET:
            seconds = round(self._ended - self._began, 1)
            logger.info("outage ended", extra={"service": self._service, "seconds": seconds})
            self._began = None


@contextlib.asynccontextmanager
async def checked(ping: Callable[[], Awaitable[None]], outage: Outage) -> AsyncIterator[None]:
    """Call `ping` regularly for as long as the context lasts, and tell `outage` what came of it."""
    async with Tasks() as tasks:
        task = tasks.create_task(_check(ping, outage))
        try:
            yield
        finally:
            task.cancel()


async def _check(ping: Callable[[], Awaitable[None]], outage: Outage) -> None:
    while True:
        try:
            await ping()
            outage.succeeded()
        except StoreUnavailable as error:
            outage.failed(error)
        except Exception as error:  # whatever it is, the service could not be used
            outage.failed(f"{type(error).__name__}: {error}")
        await asyncio.sleep(CHECK_INTERVAL)
