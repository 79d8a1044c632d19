"""Ids that are cheap to look up: asyncpg's UUID hashes and compares in C, and Python's in Python."""

from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as FastUUID


def fast(id: UUID) -> UUID:
    """The same id, equal and with the same hash. A move looks up its game's a dozen times."""
    return FastUUID(id.bytes)
