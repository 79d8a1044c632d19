"""The check of the pages that may open a socket, and the log of those that may not."""

import logging
import time
from collections.abc import Callable, Mapping

from server.net.origins import is_own, parse_origin

logger = logging.getLogger(__name__)

LOG_INTERVAL = 60.0
"""Interval at which the refusal of one origin is logged, in seconds."""
LOGGED_ORIGINS = 100
"""Number of origins whose refusal is logged in an interval: clients can invent any number of them."""
LOGGED_LENGTH = 200
"""Length to which a header is cut in the log, in characters."""


def may_open_socket(headers: Mapping[str, str], allowed_origins: frozenset[str]) -> bool:
    """True if a handshake comes from a page of this server, from one of `allowed_origins`, or from no page.

    A browser names the page's origin and a page cannot change that, so another site cannot use a visitor's
    browser to open a socket here (cross-site WebSocket hijacking). A client that is no browser names none.
    """
    named = headers.get("origin")
    if named is None:
        return True
    try:
        origin = parse_origin(named)
    except ValueError:
        return False
    return origin in allowed_origins or is_own(origin, headers.get("host", ""))


class RefusedOrigins:
    """The log of refused origins: each once in LOG_INTERVAL."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged: dict[str, float] = {}
        """Origin → when it was logged; the oldest first."""

    def log(self, headers: Mapping[str, str]) -> None:
        """Log that a handshake with these headers is refused, unless its origin was logged lately."""
        origin, now = headers.get("origin", "")[:LOGGED_LENGTH], self._clock()
        while self._logged and next(iter(self._logged.values())) <= now - LOG_INTERVAL:
            del self._logged[next(iter(self._logged))]
        if origin in self._logged or len(self._logged) >= LOGGED_ORIGINS:
            return
        self._logged[origin] = now
        logger.warning(
            "origin refused: add it to ALLOWED_ORIGINS, or have the proxy pass on the Host header",
            extra={
                "origin": ascii(origin),
                "host": ascii(headers.get("host", "")[:LOGGED_LENGTH]),
                "setting": "ALLOWED_ORIGINS",
            },
        )
