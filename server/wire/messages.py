"""Every message of the wire, to and from the client. See docs/asyncapi.yaml."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from server.game.board import Seat
from server.game.commands import Claim
from server.game.events import GameFinished, GameId, PlayerId, PlayerJoined
from server.game.rejected import Code, Rejected
from server.game.state import Game
from server.store.event_store import RecordedEvent
from server.store.names import FORGOTTEN
from server.wire.frame import Frame

PROTOCOL = 2
RECORD_FORMAT = 1
FORGOTTEN_NAME = f'"name":"{FORGOTTEN}"'.encode()
"""The name of a player who was forgotten, as it is in a frame."""


# From the client ------------------------------------------------------------------------------------------


class Authenticate(msgspec.Struct, tag="authenticate"):
    """Take the seat of `token`."""

    token: str


class MoveMessage(msgspec.Struct, tag="move"):
    """Drop a disc. `version` is the version that the player saw; without it the game is taken as it is."""

    id: UUID
    column: int
    version: int | None = None


class ResignMessage(msgspec.Struct, tag="resign"):
    """Resign."""

    id: UUID


class AbortMessage(msgspec.Struct, tag="abort"):
    """End a game that has hardly begun."""

    id: UUID


class ClaimTimeoutMessage(msgspec.Struct, tag="claim_timeout"):
    """Say that the other's time is up."""

    id: UUID


class ClaimAbandonmentMessage(msgspec.Struct, tag="claim_abandonment"):
    """Say that the other is gone."""

    id: UUID
    result: Claim = Claim.WIN


class OfferMessage(msgspec.Struct):
    """An offer to the other player."""

    id: UUID


class OfferDraw(OfferMessage, tag="offer_draw"): ...


class OfferTakeback(OfferMessage, tag="offer_takeback"): ...


class OfferRematch(OfferMessage, tag="offer_rematch"): ...


class AnswerMessage(msgspec.Struct):
    """The answer to an offer. `offer` is the version of the event that made it."""

    id: UUID
    offer: int


class AcceptDraw(AnswerMessage, tag="accept_draw"): ...


class DeclineDraw(AnswerMessage, tag="decline_draw"): ...


class AcceptTakeback(AnswerMessage, tag="accept_takeback"): ...


class DeclineTakeback(AnswerMessage, tag="decline_takeback"): ...


class AcceptRematch(AnswerMessage, tag="accept_rematch"): ...


class DeclineRematch(AnswerMessage, tag="decline_rematch"): ...


class Ping(msgspec.Struct, tag="ping"):
    """Answered by a pong with the same `t`."""

    t: Any = None


OtherCommandMessage = (
    ResignMessage
    | AbortMessage
    | ClaimTimeoutMessage
    | ClaimAbandonmentMessage
    | OfferDraw
    | AcceptDraw
    | DeclineDraw
    | OfferTakeback
    | AcceptTakeback
    | DeclineTakeback
    | OfferRematch
    | AcceptRematch
    | DeclineRematch
)
"""A command to the game that is no move."""

CommandMessage = MoveMessage | OtherCommandMessage
"""A command to the game."""
Request = Authenticate | CommandMessage
"""A message for the game, as opposed to a ping, which the socket answers itself."""
ClientMessage = Request | Ping


class _WithId(msgspec.Struct):
    id: UUID | None = None


_client_message: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_with_id = msgspec.json.Decoder(_WithId)


class BadMessage(Rejected):
    """A frame that is no known message. `id` is its command id, if it has one."""

    def __init__(self, detail: str, id: UUID | None) -> None:
        super().__init__(Code.BAD_MESSAGE, detail)
        self.id = id


def decode(frame: str) -> ClientMessage:
    """The message in a text frame. Raises BadMessage."""
    try:
        return _client_message.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        try:
            id = _with_id.decode(frame).id
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            id = None
        raise BadMessage(str(error), id) from None


# To the client --------------------------------------------------------------------------------------------


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
    milliseconds, where it is known; `away` says of players who are not there since when, and from when on
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
    """The numbers of players who are there, and of games that are being played; and how long those waited,
    half of them at most, who were found by others that played now, where there were any."""
    return Frame(_encode({"type": "counts", "players": players, "games": playing, "wait_ms": wait_ms}))


# Events, over the socket and over HTTP --------------------------------------------------------------------


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


def record(id: GameId, stored: Sequence[RecordedEvent], shown: Sequence[RecordedEvent]) -> dict[str, Any]:
    """A game's verifiable record, from its events as they are stored, not upcast, and as they are shown, with
    the names. Each hash is made as server/store/history.py says; `recorded_at` and `names` stand outside the
    hashes."""
    joined = [event.data for event in shown if event.type == PlayerJoined.__name__]
    return {
        "format": RECORD_FORMAT,
        "game": id,
        "events": [
            {
                "version": event.version,
                "type": event.type,
                "schema_version": event.schema_version,
                "data": event.data,
                "metadata": event.metadata,
                "recorded_at": event.recorded_at,
                "hash": event.hash and event.hash.hex(),
            }
            for event in stored
        ],
        "names": {data["player"]: data["name"] for data in joined},
        "checkpoint": None,
    }


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


def dated_state(
    id: GameId, game: Game, created_at: datetime | None, changed_at: datetime | None
) -> dict[str, Any]:
    """A game as `GET /api/games/{game}` shows it: its state, and when it was created and changed last."""
    return state(id, game) | {"rated": game.rated, "created_at": created_at, "changed_at": changed_at}


def state(id: GameId, game: Game) -> dict[str, Any]:
    """A game as its events make it, whenever they were recorded."""
    finish = game.finish
    return {
        "game": id,
        "version": game.version,
        "status": game.status,
        "players": {seat: (player := game.player_at(seat)) and _player(player) for seat in Seat},
        "next": game.next,
        "board": game.board.rows(),
        "moves": "".join(str(column + 1) for column in game.columns),
        "clock": _clock(game),
        "offer": game.offers.open,
        "rematch": game.offers.rematch,
        "fork_of": game.created and game.created.fork_of,
        "result": game.result,
        "by": finish and finish.by,
        "cells": finish.cells if isinstance(finish, GameFinished) else (),
    }


def _player(joined: PlayerJoined) -> dict[str, Any]:
    shown: dict[str, Any] = {"player": joined.player, "name": joined.name}
    return shown | {"bot": joined.bot} if joined.bot else shown


def _clock(game: Game) -> dict[str, Any] | None:
    """The clocks as they were when the player to move began to think, at `since`."""
    if game.clocks is None:
        return None
    terms = game.clocks.terms
    return {
        "initial": terms.initial,
        "increment": terms.increment,
        "remaining_ms": {seat: game.clocks.side(seat).remaining_ms for seat in Seat},
        "running": game.next if game.clocks.running else None,
        "since": game.since if game.next else None,
    }
