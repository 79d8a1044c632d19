"""The projections from outside a server, for the command line: how far they are, and building one anew."""

from collections.abc import AsyncGenerator

from msgspec import Struct

from server.store.read_models import Status


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


async def statuses(database_url: str) -> list[Status]:
    """Every version that is served from or being built, by name and version.

    Raises BadAddress; UnusableDatabase; StoreUnavailable.
    """
    raise NotImplementedError


async def rebuild(database_url: str, name: str) -> AsyncGenerator[Progress, None]:
    """Build a new version of projection `name` beside the one that is served from, then serve from it.

    It is built in this process; where that ends before, a server goes on. Tells the progress once a second.

    Raises UnknownProjection; BadAddress; UnusableDatabase; StoreUnavailable.
    """
    raise NotImplementedError
    yield
