"""Between an event and its stored form: the only place that knows the stored names and shapes.

A stored shape is never rewritten. When an event's shape changes, its SCHEMA_VERSION here goes up by one and
an upcaster is added that makes a stored `data` of the version before into one of the version after.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from server.game.events import (
    AnyEvent,
    DrawDeclined,
    DrawOffered,
    Ending,
    Event,
    GameAborted,
    GameCreated,
    GameFinished,
    GameStarted,
    MoveMade,
    MovesTakenBack,
    PlayerJoined,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    Result,
    TakebackDeclined,
    TakebackOffered,
    Unrecognised,
)
from server.store.event_store import Data, Metadata, NewEvent, RecordedEvent

_CLASSES: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        GameCreated,
        PlayerJoined,
        GameStarted,
        MoveMade,
        DrawOffered,
        DrawDeclined,
        TakebackOffered,
        TakebackDeclined,
        MovesTakenBack,
        RematchOffered,
        RematchDeclined,
        RematchAccepted,
        GameAborted,
        GameFinished,
    )
}

SCHEMA_VERSION = {**dict.fromkeys(_CLASSES, 1), "GameFinished": 2}
"""The schema version that is written today, by event type."""

NOT_PLAIN = 2
"""The schema version of a GameCreated with a clock or an opening. Its shape is that of one without, but a
release that knows no clocks, or no openings, must not decide on such a game."""


def _finished_with_its_ending(data: Data) -> Data:
    """GameFinished 1 is the tutorial's: the result alone. What ended those games can be told: they knew a
    four and a full board. The winning cells are left out, and a reader that wants them has the moves."""
    ending = Ending.BOARD_FULL if data["result"] == Result.TIED else Ending.FOUR
    return {**data, "by": ending.value, "cells": []}


_UPCASTERS: dict[tuple[str, int], Callable[[Data], Data]] = {
    ("GameFinished", 1): _finished_with_its_ending,
}


def encode(event: Event, metadata: Metadata) -> NewEvent:
    """The form in which `event` is stored and shown."""
    name = type(event).__name__
    data = msgspec.to_builtins(event)
    schema_version = SCHEMA_VERSION[name]
    if name == "MoveMade":
        thinking = data["thinking"]
        del data["thinking"]
        if thinking:
            data |= thinking
            if not thinking["downtime_ms"]:
                del data["downtime_ms"]
    elif name == "GameCreated":
        if not data["opening"]:
            del data["opening"]
        schema_version = _of_created(data)
    elif name == "PlayerJoined":
        for key in ("sealed", "bot"):
            if data[key] is None:
                del data[key]
    return NewEvent(type=name, schema_version=schema_version, data=data, metadata=metadata)


def upcast(recorded: RecordedEvent) -> RecordedEvent:
    """`recorded` in today's shape; itself where it has that already."""
    data, schema_version = recorded.data, recorded.schema_version
    while step := _UPCASTERS.get((recorded.type, schema_version)):
        data, schema_version = step(data), schema_version + 1
    if schema_version == recorded.schema_version:
        return recorded
    return replace(recorded, data=data, schema_version=schema_version)


def decode(recorded: RecordedEvent) -> AnyEvent:
    """The event that was recorded, which has been upcast; `Unrecognised` where a newer release wrote it.

    Raises msgspec.ValidationError where the data is not what its type says.
    """
    cls = _CLASSES.get(recorded.type)
    if cls is None or recorded.schema_version != _schema_version(recorded):
        return Unrecognised(type=recorded.type, schema_version=recorded.schema_version)
    data = recorded.data
    if "remaining_ms" in data:
        data = {**data, "thinking": data}
    event: Any = msgspec.convert(data, cls)
    return event  # type: ignore[no-any-return]


def _schema_version(recorded: RecordedEvent) -> int:
    """The schema version that this release knows for an event like `recorded`."""
    if recorded.type == "GameCreated":
        return _of_created(recorded.data)
    return SCHEMA_VERSION[recorded.type]


def _of_created(data: Data) -> int:
    """The schema version of a GameCreated with this data."""
    return NOT_PLAIN if data.get("clock") or data.get("opening") else 1
