"""A small history without a fault, which tests of the checker spoil."""

from datetime import UTC, datetime
from typing import Any

from tests.faults.checker import Kind, check
from tests.faults.journal import Line
from tests.faults.read_model import folded
from tests.faults.rules import Row

GAME = "game"
START = datetime(2026, 1, 1, tzinfo=UTC)
MOVES = [0, 1, 0, 1, 0, 1, 0]
"""Yellow fills the first column and wins with the seventh move, at versions 11 and 12."""
HEAD = 12


class History:
    """The journals of a player, a spectator and a late spectator of one game, without a fault."""

    def __init__(self) -> None:
        self.log = log()
        self.lines: list[Line] = []
        self.last_fault: float | None = None
        self.lost: list[Row] = []
        self.entries = {GAME: folded(self.log)}
        self.note("host", "created")
        self.note("host", "joined", seat="red")
        self.note("ada", "opened", after=0)
        self.note("watcher", "opened", after=0)
        for first, last in commits(self.log):
            if self.log[first].type == "MoveMade":
                id = self.log[first].command_id
                self.note("ada", "sent", message={"id": id})
                self.note("ada", "accepted", id=id, version=last)
            self.hear("ada", first, last)
            if last <= 8:
                self.hear("watcher", first, last)
        self.note("watcher", "closed", code=1001)
        self.note("watcher", "opened", socket=2, after=8)
        self.note("late", "opened", after=0)
        for first, last in commits(self.log):
            if last > 8:
                self.hear("watcher", first, last, socket=2)
            self.hear("late", first, last)
        self.note("ada", "sent", message={"id": "refused"})
        self.note("ada", "rejected", id="refused", code="game_over")
        self.note("ada", "left", over=True)

    def note(self, client: str, what: str, socket: int = 1, **fields: Any) -> None:
        at = START.timestamp() + len(self.lines)
        line = {"client": client, "socket": socket, "mono": at, "wall": at, "what": what}
        self.lines.append(line | fields)

    def hear(self, client: str, first: int, last: int, socket: int = 1) -> None:
        self.note(client, "events", socket, events=[told(row) for row in self.log[first:last]])

    def heard(self, client: str, version: int) -> Line:
        """The line in which `client` received `version`."""
        return next(
            line
            for line in self.lines
            if line["client"] == client
            and line["what"] == "events"
            and version in [event["version"] for event in line["events"]]
        )

    def answer(self, version: int) -> Line:
        return next(line for line in self.lines if line["what"] == "accepted" and line["version"] == version)

    def lose_last_commit(self) -> None:
        """Make the database go back by one commit, after which every client that was told of it begins
        anew."""
        first, _ = commits(self.log)[-1]
        self.log, self.lost = self.log[:first], self.log[first:]
        self.entries = {GAME: folded(self.log)}
        for client in ("watcher", "late"):
            self.note(client, "closed", code=4409)
            self.note(client, "opened", socket=3, after=0)
            for begin, end in commits(self.log):
                self.hear(client, begin, end, socket=3)

    def kinds(self) -> set[Kind]:
        return {
            violation.kind
            for violation in check(
                [(GAME, self.lines)], {GAME: self.log}, self.last_fault, {GAME: self.lost}, self.entries
            )
        }


def log() -> list[Row]:
    """The events of a game that yellow wins."""
    players = {"yellow": "ada", "red": "grace"}
    events: list[tuple[str, dict[str, Any], str]] = [
        ("GameCreated", {"created_by": "ada", "listed": True, "rated": False}, "create"),
        ("PlayerJoined", {"seat": "yellow", "player": "ada", "name": "Ada"}, "create"),
        ("PlayerJoined", {"seat": "red", "player": "grace", "name": "Grace"}, "join"),
        ("GameStarted", {"player_one": "ada", "player_two": "grace"}, "join"),
    ]
    for number, column in enumerate(MOVES):
        player = list(players.values())[number % 2]
        events.append(("MoveMade", {"player": player, "column": column}, f"move {number}"))
    cells = [[0, row] for row in range(4)]
    finish = {"result": "PLAYER_ONE_WON", "by": "four", "cells": cells}
    events.append(("GameFinished", finish, "move 6"))
    return [Row(version, *event, START) for version, event in enumerate(events, 1)]


def commits(log: list[Row]) -> list[tuple[int, int]]:
    """The first index of each commit, and the one after its last."""
    starts = [i for i, row in enumerate(log) if i == 0 or row.command_id != log[i - 1].command_id]
    return list(zip(starts, [*starts[1:], len(log)], strict=True))


def told(row: Row) -> dict[str, Any]:
    """The event as clients receive it."""
    at = row.recorded_at.isoformat().replace("+00:00", "Z")
    event = {"version": row.version, "type": row.type, "data": row.data}
    return {**event, "recorded_at": at, "command_id": row.command_id}
