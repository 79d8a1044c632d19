"""Writes one golden game down: its events, and the state after each."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.golden.rules import COLUMNS, ROWS, SEATS, drop, empty

Json = dict[str, Any]

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Scribe:
    """A game that is written down as it happens. `clock` has `initial` and `increment`, in seconds."""

    def __init__(self, ids: random.Random, clock: Json | None = None) -> None:
        yellow, red = (str(uuid.UUID(int=ids.getrandbits(128), version=4)) for _ in range(2))
        self.ids = {"yellow": yellow, "red": red}
        self.players: dict[str, Json] = {
            "yellow": {"player": yellow, "name": "Ada"},
            "red": {"player": red, "name": "Grace"},
        }
        self.grid = empty()
        self.moves: list[int] = []
        self.ms = 0
        """The time since BEGAN, in milliseconds."""
        self.since: int | None = None
        self.left: list[int] = []
        """What each move on the board left on its player's clock, in milliseconds."""
        self.opening = 0
        """The number of moves that the game begins with."""
        self.clock = clock
        self.events: list[Json] = []
        self.states: dict[str, Json] = {}
        self.state: Json = {
            "version": 0,
            "status": "waiting",
            "players": {"yellow": None, "red": None},
            "next": None,
            "board": [],
            "moves": "",
            "clock": None,
            "offer": None,
            "rematch": None,
            "result": None,
            "by": None,
            "cells": [],
            "fork_of": None,
        }

    @property
    def mover(self) -> str:
        return SEATS[len(self.moves) % 2]

    def at(self, ms: int) -> str:
        """A moment as it stands in an event."""
        return (BEGAN + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def happen(self, type: str, data: Json, **changes: Any) -> None:
        """An event, and what it changes of the state."""
        event = {"version": len(self.events) + 1, "type": type, "data": data}
        if self.clock:
            event["recorded_at"] = self.at(self.ms)
        self.events.append(event)
        self.state.update(changes, version=len(self.events), moves="".join(str(c + 1) for c in self.moves))
        self.state["next"] = self.mover if self.state["status"] == "playing" else None
        self.state["board"] = [
            "".join(self.grid[column][row] for column in range(COLUMNS)) for row in reversed(range(ROWS))
        ]
        self.state["clock"] = self.clock and self._clock(self.clock)
        self.states[str(len(self.events))] = json.loads(json.dumps(self.state))

    def _clock(self, clock: Json) -> Json:
        playing = self.state["status"] == "playing"
        return {
            **clock,
            "remaining_ms": {seat: self.remaining(seat) for seat in SEATS},
            "running": self.mover if playing and len(self.left) >= 2 else None,
            "since": self.at(self.since) if playing and self.since is not None else None,
        }

    def remaining(self, seat: str) -> int:
        assert self.clock
        own = self.left[(SEATS.index(seat) + self.opening) % 2 :: 2]
        return int(own[-1]) if own else int(self.clock["initial"]) * 1000

    def open(self, *, alone: bool = False, fork_of: Json | None = None, opening: str = "") -> None:
        """The game is created, begins with `opening` and, unless its creator stays `alone`, starts."""
        rules = {"columns": 7, "rows": 6, "connect": 4}
        created = {"created_by": self.ids["yellow"], "rules": rules, "clock": self.clock, "listed": False}
        created |= {"rated": False, "rematch_of": None, "fork_of": fork_of}
        for column in opening:
            drop(self.grid, int(column) - 1, len(self.moves))
            self.moves.append(int(column) - 1)
        self.opening = len(opening)
        begins_with = {"opening": opening} if opening else {}
        self.happen("GameCreated", {**created, **begins_with}, fork_of=fork_of)
        for seat in SEATS[: 1 if alone else 2]:
            seated = {**self.state["players"], seat: self.players[seat]}
            self.happen("PlayerJoined", {"seat": seat, **self.players[seat]}, players=seated)
        if not alone:
            self.since = self.ms
            self.happen(
                "GameStarted",
                {"player_one": self.ids["yellow"], "player_two": self.ids["red"]},
                status="playing",
            )

    def move(self, column: int, thinking: Json | None = None) -> None:
        """The player to move drops a disc."""
        mover = self.mover
        drop(self.grid, column, len(self.moves))
        self.moves.append(column)
        if thinking:
            self.left.append(thinking["remaining_ms"])
        self.since = self.ms
        offer = self.state["offer"]
        if offer and (offer["kind"] == "takeback" or offer["seat"] != mover):
            offer = None
        self.happen(
            "MoveMade", {"player": self.ids[mover], "column": column, **(thinking or {})}, offer=offer
        )

    def take_back(self, by: str, offer: int, number: int) -> None:
        for column in reversed(self.moves[-number:]):
            discs = self.grid[column]
            discs[max(row for row in range(ROWS) if discs[row] != ".")] = "."
        del self.moves[-number:]
        del self.left[-number:]
        self.since = self.ms
        data = {"player": self.ids[by], "offer": offer, "number": number}
        self.happen("MovesTakenBack", data, offer=None)

    def offer(self, kind: str, seat: str) -> int:
        """`seat` offers; returns the version."""
        version = len(self.events) + 1
        name = {"draw": "DrawOffered", "takeback": "TakebackOffered", "rematch": "RematchOffered"}[kind]
        self.happen(name, {"player": self.ids[seat]}, offer={"kind": kind, "seat": seat, "version": version})
        return version

    def decline(self, kind: str, seat: str, offer: int) -> None:
        name = {"draw": "DrawDeclined", "takeback": "TakebackDeclined", "rematch": "RematchDeclined"}[kind]
        self.happen(name, {"player": self.ids[seat], "offer": offer}, offer=None)

    def finish(self, end: Json) -> None:
        """The game ends, as `GameFinished` has it."""
        self.happen("GameFinished", end, **end, status="finished", offer=None)

    def abort(self, by: str, seat: str | None) -> None:
        data = {"by": by, "player": seat and self.ids[seat]}
        self.happen("GameAborted", data, status="finished", by=by, offer=None)

    def game(self, name: str, *, every_state: bool = True) -> Json:
        """All that was written down: every state, or the last alone."""
        last = str(len(self.events))
        states = self.states if every_state else {last: self.states[last]}
        return {"name": name, "events": self.events, "states": states}
