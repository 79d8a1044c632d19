"""Open files: as many as sockets need, if the system permits that, and always some for this server itself.

Each connection takes a file descriptor. If clients had them all, none would be left for a connection to a
database, and the moves of those who are there already would be refused.
"""

import asyncio
import logging
import resource
from dataclasses import replace

from server.settings import Settings

logger = logging.getLogger(__name__)

OWN = 54
"""Number of descriptors that no WebSocket gets, beside those of connections to the database: for this
server's files, for Redis, for other workers, and for HTTP requests."""
KEPT = 14
"""Number of descriptors that no client's connection gets, beside those of connections to the database: every
connection to the databases can be made anew."""

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
"""The answer to a connection that gets no descriptor."""


def fitted(settings: Settings) -> Settings:
    """Permit this process as many open files as `settings` need, or as many as the system allows.

    Returns the settings with as many sockets as there is room for; the log says when these are fewer.
    """
    own = OWN + settings.database_connections
    needed = settings.max_sockets + own
    permitted = _permit(needed)
    if permitted >= needed:
        return settings
    room = permitted - min(own, permitted // 2)
    if settings.listen_fd is None:  # of a worker, its parent has said so
        logger.warning(
            "too few open files for MAX_SOCKETS: raise the limit, as with ulimit -n, or lower MAX_SOCKETS",
            extra={
                "max_sockets": settings.max_sockets,
                "files_needed": needed,
                "files_permitted": permitted,
                "sockets_served": room,
            },
        )
    return replace(settings, max_sockets=room)


def are_scarce(transport: asyncio.Transport, settings: Settings) -> bool:
    """True if a connection that was just made has one of the descriptors that are kept.

    The system gives out the lowest number that is free: where it is high, those below are taken.
    """
    permitted, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    number: int = transport.get_extra_info("socket").fileno()
    return number >= permitted - min(KEPT + settings.database_connections, permitted // 4)


def _permit(needed: int) -> int:
    """Raise the limit on open files to `needed` where it is lower. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return needed
    if soft < needed:
        wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):  # macOS has a lower limit than it says
            pass
    return soft
