"""Ids that are cheap to make, to look up and to write: asyncpg's UUID is in C, and Python's in Python."""

import os
from hashlib import sha1
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as FastUUID


def fast(id: UUID) -> UUID:
    """The same id, equal and with the same hash. A move looks up its game's a dozen times."""
    return FastUUID(id.bytes)


def parse(text: str) -> UUID:
    """The id in `text`, in any form that Python's UUID takes. Raises ValueError."""
    try:
        return FastUUID(text)
    except ValueError:  # a form that hardly anybody uses
        return fast(UUID(text))


def random_id() -> UUID:
    """A new UUIDv4 (RFC 9562, section 5.4)."""
    return _of_version(4, os.urandom(16))


def derived(namespace: UUID, name: str) -> UUID:
    """The UUIDv5 of `name` (RFC 9562, section 5.5), as `uuid.uuid5` gives it."""
    return _of_version(5, sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()[:16])


def _of_version(version: int, bits: bytes) -> UUID:
    """The id with these bits, but for those that say its version and its variant."""
    id = bytearray(bits)
    id[6] = id[6] & 0x0F | version << 4
    id[8] = id[8] & 0x3F | 0x80
    return FastUUID(bytes(id))
