"""The hash over a stream's events, by which two histories that have the same length can be told apart.

Each event's hash is SHA-256 over the hash of the event before (32 zero bytes at first) and the RFC 8785 form
of `{"game", "version", "type", "schema_version", "data", "metadata"}`, where `data` and `metadata` are
exactly as stored. The encoding of `data` and `metadata` that is hashed is also what is sent to the database.

msgspec's sorted encoding is that of RFC 8785 for what events hold: strings, integers, true, false, null,
arrays, and objects with ASCII keys. The unit tests hold it to a library that implements the whole RFC.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import msgspec

from server.store.event_store import Head, NewEvent

_encode = msgspec.json.Encoder(order="sorted").encode


class SealedEvent(NamedTuple):
    """An event on its way into the log: its place in its stream, its stored form, and its hash."""

    event: NewEvent
    version: int
    data: bytes
    """JSON, as it is stored."""
    metadata: bytes
    """JSON, as it is stored."""
    hash: bytes


def seal(stream_id: UUID, head: Head, events: Iterable[NewEvent]) -> list[SealedEvent]:
    """Seal `events`, to be appended behind `head`. The hash of `head` must be known."""
    version, previous = head
    assert previous is not None, "nothing can be appended to a history of which only the length is known"
    sealed = []
    for event in events:
        version += 1
        data, metadata = _encode(event.data), _encode(event.metadata)
        previous = hash_of(previous, stream_id, version, event.type, event.schema_version, data, metadata)
        sealed.append(SealedEvent(event, version, data, metadata, previous))
    return sealed


def canonical(stored: str) -> bytes:
    """The RFC 8785 form of a JSON text from the database."""
    return _encode(msgspec.json.decode(stored))


def hash_of(
    previous: bytes,
    stream_id: UUID,
    version: int,
    type: str,
    schema_version: int,
    data: bytes,
    metadata: bytes,
) -> bytes:
    """The hash of an event, whose `data` and `metadata` are in RFC 8785 form. `type` is a plain word."""
    text = b'{"data":%b,"game":%b,"metadata":%b,"schema_version":%d,"type":"%b","version":%d}' % (
        data,
        _encode(stream_id),
        metadata,
        schema_version,
        type.encode(),
        version,
    )
    return sha256(previous + text).digest()
