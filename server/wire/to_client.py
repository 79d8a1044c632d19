"""Every message to a client, as a frame; events are in server/wire/commits.py. See docs/asyncapi.yaml."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.game.board import Seat
from server.game.events import GameId, PlayerId
from server.game.rejected import Rejected
from server.wire.frame import Frame

PROTOCOL = 2

_encode = msgspec.json.Encoder().encode


def welcome(game: GameId, version: int, server_time: datetime) -> Frame:
    """The first frame: the game's version, and the time, now."""
    return Frame(
        _encode(
            {
                "type": "welcome",
                "protocol": PROTOCOL,
                "game": game,
                "version": version,
                "server_time": server_time,
            }
        )
    )


def seated(seat: Seat) -> Frame:
    return Frame(_encode({"type": "seated", "seat": seat}))


def accepted(id: UUID, version: int) -> Frame:
    """The command is recorded and durable; `version` is that of its last event."""
    return Frame(_encode({"type": "accepted", "id": id, "version": version}))


def rejected(id: UUID | None, rejection: Rejected) -> Frame:
    message = {"type": "rejected", "id": id, "code": rejection.code, "detail": rejection.detail}
    return Frame(_encode(message))


def pong(t: Any, server_time: datetime) -> Frame:
    return Frame(_encode({"type": "pong", "t": t, "server_time": server_time}))


def presence(
    spectators: int,
    connected: list[Seat],
    lag: dict[Seat, int] | None = None,
    away: dict[Seat, dict[str, datetime]] | None = None,
) -> Frame:
    """The number of spectators and the seats that are connected. `lag` is the latency of those at a seat, in
    milliseconds, where it is known. `away` has, for each player who is absent, since when, and from when on
    the game can be claimed."""
    message: dict[str, Any] = {"type": "presence", "spectators": spectators, "connected": connected}
    if lag:
        message["lag"] = lag
    if away:
        message["away"] = away
    return Frame(_encode(message))


def forgotten(player: PlayerId) -> Frame:
    """The player's name reads "Forgotten" from now on."""
    return Frame(_encode({"type": "forgotten", "player": player}))


def lobby_welcome(server_time: datetime) -> Frame:
    """The first frame of the lobby."""
    return Frame(_encode({"type": "welcome", "protocol": PROTOCOL, "server_time": server_time}))


def games(entries: Sequence[Any], gone: Sequence[UUID]) -> Frame:
    """Games that are shown, or shown otherwise than before; and those that are not shown any more."""
    return Frame(_encode({"type": "games", "games": entries, "gone": gone}))


def counts(players: int, playing: int, wait_ms: int | None) -> Frame:
    """The numbers of players online and of games under way. `wait_ms` is the median wait of those who were
    found lately by others who pressed *Play now*; None where there were none."""
    return Frame(_encode({"type": "counts", "players": players, "games": playing, "wait_ms": wait_ms}))
