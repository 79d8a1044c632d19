"""The hash over a stream's events, by which two histories that have the same length can be told apart.

Each event's hash is SHA-256 over the hash of the event before (32 zero bytes at first) and the RFC 8785 form
of `{"game", "version", "type", "schema_version", "data", "metadata"}`, where `data` and `metadata` are
exactly as stored. The text that is hashed is also what is sent to the database.

msgspec's sorted encoding is that of RFC 8785 for what events hold: strings, integers, true, false, null,
arrays, and objects with ASCII keys. The unit tests hold it to a library that implements the whole RFC. The
plain encoding, which is faster, is used where fields are declared in the order of their names.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Raw, Struct, json

from server.store.event_store import Head, Metadata, NewEvent, RecordedEvent, StreamId

_encode = json.Encoder().encode
_encode_sorted = json.Encoder(order="sorted").encode


class _Hashed(Struct, gc=False):
    """The fields of an event that its hash goes over."""

    data: Raw
    game: UUID
    metadata: Metadata | Raw
    schema_version: int
    type: str
    version: int


class SealedEvent(Struct, frozen=True, gc=False):
    """An event on its way into the log: its place in its stream, its stored form, and its hash."""

    event: NewEvent
    version: int
    data: bytes
    """JSON, as it is stored."""
    text: bytes
    """All that is hashed of it, as JSON."""
    before: bytes
    """The hash over the stream before it."""
    hash: bytes

    def recorded(
        self, stream_id: StreamId, recorded_at: datetime, transaction_id: int, position: int
    ) -> RecordedEvent:
        """The event as it is once it is in the log, at this place and since this time."""
        event = self.event
        return RecordedEvent(
            stream_id=stream_id,
            version=self.version,
            type=event.type,
            schema_version=event.schema_version,
            data=event.data,
            metadata=event.metadata,
            recorded_at=recorded_at,
            transaction_id=transaction_id,
            position=position,
            hash=self.hash,
        )


def seal(stream_id: UUID, head: Head, events: Iterable[NewEvent]) -> list[SealedEvent]:
    """Seal `events`, to be appended behind `head`. The hash of `head` must be known."""
    version, previous = head.version, head.hash
    assert previous is not None, "nothing can be appended to a history of which only the length is known"
    sealed = []
    for event in events:
        version, before = version + 1, previous
        data = _encode_sorted(event.data)
        text = _encode(
            _Hashed(Raw(data), stream_id, event.metadata, event.schema_version, event.type, version)
        )
        previous = sha256(before + text).digest()
        sealed.append(SealedEvent(event, version, data, text, before, previous))
    return sealed


def canonical(stored: str) -> bytes:
    """The RFC 8785 form of a JSON text from the database."""
    return _encode_sorted(json.decode(stored))


def hash_of(
    previous: bytes,
    stream_id: UUID,
    version: int,
    type: str,
    schema_version: int,
    data: bytes,
    metadata: bytes,
) -> bytes:
    """The hash of an event, whose `data` and `metadata` are in RFC 8785 form."""
    text = _encode(_Hashed(Raw(data), stream_id, Raw(metadata), schema_version, type, version))
    return sha256(previous + text).digest()
