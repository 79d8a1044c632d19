"""Messages of the server, as far as a load generator needs them. See docs/asyncapi.yaml."""

from typing import Any

import msgspec


class Welcome(msgspec.Struct, tag="welcome"):
    """The first frame; history up to `version` follows it."""

    version: int = 0


class Event(msgspec.Struct):
    """An event of a frame, of which only the version matters."""

    version: int


class Events(msgspec.Struct, tag="events"):
    """The events of one commit."""

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
    """The players and spectators who are connected."""


class Pong(msgspec.Struct, tag="pong"):
    """The answer to a ping."""


Message = Welcome | Events | Seated | Accepted | Rejected | Presence | Pong

decode = msgspec.json.Decoder(Message).decode
"""The message of a frame. Raises msgspec.MsgspecError where it is none of the protocol."""
encode = msgspec.json.Encoder().encode
decode_events = msgspec.json.Decoder(dict[str, Any]).decode
"""The whole content of a frame."""
