"""Events as they are shown to everybody, those of each commit in one frame."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from server.game.events import GameId, PlayerId, PlayerJoined
from server.store.event_store import RecordedEvent
from server.store.names import FORGOTTEN
from server.wire.frame import Frame

FORGOTTEN_NAME = f'"name":"{FORGOTTEN}"'.encode()
"""The name of a player who was forgotten, as it is in a frame."""

_encode = msgspec.json.Encoder().encode


class Commit(msgspec.Struct, frozen=True, gc=False):
    """The events of one commit, as the frame that browsers get."""

    game: GameId
    first: int
    """The version of its first event."""
    last: int
    """The version of its last event."""
    frame: Frame
    before: bytes | None
    """The hash over the game before it; None where it is not known."""
    hash: bytes | None
    """The hash over the game up to and including it; None where it is not known."""
    stored: Frame | None = None
    """The same frame without the real names, where `frame` has any: names are told to no other server."""

    def without(self, player: PlayerId) -> "Commit":
        """The same commit as it is shown once `player` was forgotten; itself where it does not name the
        player."""
        joined, events = str(player), self._events()
        theirs = [event["data"] for event in events if event["data"].get("player") == joined]
        named = [data for data in theirs if "name" in data]
        for data in named:
            data["name"] = FORGOTTEN
        return replace(self, frame=Frame(_encode({"type": "events", "events": events}))) if named else self

    def forgotten(self) -> list[PlayerId]:
        """The players whose name reads "Forgotten" in it."""
        if FORGOTTEN_NAME not in self.frame.text:
            return []
        data = (event["data"] for event in self._events())
        return [PlayerId(UUID(each["player"])) for each in data if each.get("name") == FORGOTTEN]

    def behind(self, after: int) -> Frame:
        """A frame of its events after version `after`."""
        return Frame(
            _encode(
                {"type": "events", "events": [event for event in self._events() if event["version"] > after]}
            )
        )

    def command_ids(self) -> list[str]:
        """The id of the command that led to each of its events."""
        return [event["command_id"] for event in self._events()]

    def _events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = msgspec.json.decode(self.frame.text)["events"]
        return events


def event(recorded: RecordedEvent, with_hash: bool = False) -> dict[str, Any]:
    """An event as it is shown to everybody."""
    shown = {
        "version": recorded.version,
        "type": recorded.type,
        "data": recorded.data,
        "recorded_at": recorded.recorded_at,
        "command_id": recorded.metadata.command_id,
    }
    if with_hash:
        shown["hash"] = recorded.hash and recorded.hash.hex()
    return shown


def commit_with_names(
    events: Sequence[RecordedEvent], shown: Sequence[RecordedEvent], before: bytes | None
) -> Commit:
    """As `commit`, where `shown` are the same events with the real names."""
    return replace(commit(shown, before), stored=commit(events, before).frame)


def commit_as_shown(
    events: Sequence[RecordedEvent], shown: Sequence[RecordedEvent], before: bytes | None
) -> Commit:
    """As `commit_with_names` where the events name anybody, else as `commit`."""
    if PlayerJoined.__name__ in [event.type for event in events]:
        return commit_with_names(events, shown, before)
    return commit(events, before)


def commit(events: Sequence[RecordedEvent], before: bytes | None) -> Commit:
    """The frame of events that were recorded together. `before` is the hash over the game before them."""
    return Commit(
        game=GameId(events[0].stream_id),
        first=events[0].version,
        last=events[-1].version,
        frame=Frame(_encode({"type": "events", "events": [*map(event, events)]})),
        before=before,
        hash=events[-1].hash,
    )


def commits(
    events: Sequence[RecordedEvent], before: bytes | None, shown: Sequence[RecordedEvent] | None = None
) -> list[Commit]:
    """Events of one stream, in order, as the commits that they were recorded in. `before` is the hash over
    the game before them; `shown` are the same events with the real names."""
    found: list[Commit] = []
    pairs = zip(events, events if shown is None else shown, strict=True)
    for _, together in groupby(pairs, key=lambda pair: pair[0].transaction_id):
        stored, seen = zip(*together, strict=True)
        found.append(commit_as_shown(stored, seen, found[-1].hash if found else before))
    return found
