"""The log line of a game that the database no longer has as it was."""

import logging
from collections.abc import Callable
from uuid import UUID

from server.errors import HistoryChanged

logger = logging.getLogger(__name__)

WENT_BACK = "database went back: a game no longer has events that were recorded"
SAME_LOSS = 10.0
"""Time within which two signs that a game lost events are one loss, in seconds."""


class LostHistories:
    """Logs the games that the database no longer has as they were: each loss once, although the cache and a
    subscription may both notice it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._logged: dict[UUID, float] = {}

    def note(self, change: HistoryChanged) -> None:
        now = self._clock()
        if now - self._logged.get(change.stream, -SAME_LOSS) >= SAME_LOSS:
            self._logged[change.stream] = now
            logger.error(
                WENT_BACK,
                extra={"game": change.stream, "version": change.version},
            )
