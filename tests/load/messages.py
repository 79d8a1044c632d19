"""What a socket is told, as far as a load generator needs to know it. See docs/asyncapi.yaml."""

from typing import Any

import msgspec


class Welcome(msgspec.Struct, tag="welcome"):
    """The first frame; history up to `version` follows it."""

    version: int = 0


class Event(msgspec.Struct):
    """One event of a frame, by its place alone."""

    version: int


class Events(msgspec.Struct, tag="events"):
    """What one commit recorded."""

    events: list[Event]


class Seated(msgspec.Struct, tag="seated"):
    """The token's seat is taken."""


class Accepted(msgspec.Struct, tag="accepted"):
    """The command is durable; `version` is that of its last event."""

    id: str
    version: int


class Rejected(msgspec.Struct, tag="rejected"):
    """The command has no effect."""

    code: str
    id: str | None = None


class Presence(msgspec.Struct, tag="presence"):
    """Who is there."""


class Pong(msgspec.Struct, tag="pong"):
    """The answer to a ping."""


Message = Welcome | Events | Seated | Accepted | Rejected | Presence | Pong

decode = msgspec.json.Decoder(Message).decode
"""A frame's message. Raises msgspec.MsgspecError where it is none of the protocol's."""
encode = msgspec.json.Encoder().encode
decode_events = msgspec.json.Decoder(dict[str, Any]).decode
"""A frame with all that is in it, for those who look closer."""
