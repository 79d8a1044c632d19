"""The connection that a server begins with. What is wrong with it is one sentence for whoever starts it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator

import asyncpg

from server.errors import NotDurable, ReadOnly, UnusableDatabase
from server.store import address
from server.store.connector import Connection, Connector, Health
from server.store.database import first_line

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Longest time to connect, in seconds."""
RETRY = 0.2
"""Pause before a database that has no connection left is asked again, in seconds."""

_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,  # starting up, shutting down
)


@contextlib.asynccontextmanager
async def connection(url: str) -> AsyncIterator[Connection]:
    """A connection to a database that takes writes and keeps what it commits.

    Raises BadAddress; NotDurable; UnusableDatabase, also for whatever asyncpg raises inside the context.
    """
    parsed = address.parse(url)
    if parsed.passed_over:
        logger.info("options of DATABASE_URL have no effect", extra={"options": parsed.passed_over})
    connector = Connector(parsed, _refuse_to_lose)
    with _one_sentence(), contextlib.closing(connector):
        connection = await _connect(connector)
        try:
            yield connection
        finally:
            await connection.close(timeout=TIMEOUT)


async def _connect(connector: Connector) -> Connection:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TIMEOUT
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                return await connector.connect()
        except asyncpg.TooManyConnectionsError:  # servers that have them close some, once they notice
            if loop.time() + RETRY > deadline:
                raise
            await asyncio.sleep(RETRY)


def _refuse_to_lose(health: Health) -> None:
    if health.loses:
        raise NotDurable(health.loses)


@contextlib.contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except ReadOnly as error:
        raise UnusableDatabase(f"cannot be used: {error}") from error
    except TimeoutError as error:
        raise UnusableDatabase("does not answer in time") from error
    except asyncpg.ProtocolViolationError as error:  # as poolers refuse
        raise UnusableDatabase(f"cannot be used: {_line(error)}") from error
    except _AWAY as error:
        raise UnusableDatabase(f"does not answer ({type(error).__name__}: {_line(error)})") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnusableDatabase(f"cannot be used: {_line(error)}") from error
    except ValueError as error:
        raise UnusableDatabase("cannot be used: a PG… environment variable means nothing") from error


def _line(error: Exception) -> str:
    return first_line(error).rstrip(".")
