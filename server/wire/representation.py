"""A game as it is represented over HTTP: its state, and its verifiable record. See docs/openapi.yaml."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from server.game.board import Seat
from server.game.events import GameFinished, GameId, PlayerJoined
from server.game.state import Game
from server.store.event_store import RecordedEvent

RECORD_FORMAT = 1


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
