"""Replays a log by the rules of the golden games: none of the server's code judges it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.golden.rules import SEATS, WINNERS, drop, empty, ending


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it stands in the log."""

    version: int
    type: str
    data: dict[str, Any]
    command_id: str
    recorded_at: datetime


class Illegal(Exception):
    """An event that the rules do not allow where it stands."""


def replay(log: Sequence[Row]) -> None:
    """Replay the log of one game. Raises Illegal at the first event that cannot follow the ones before."""
    replay = _Replay()
    for place, row in enumerate(log, 1):
        try:
            _must(row.version == place, f"stands at place {place}")
            _must(replay.result is None, "the game was over")
            _must(
                replay.due is None or row.type == "GameFinished", "the game was won or full and did not end"
            )
            replay.happen(row.type, row.data)
        except (Illegal, KeyError, IndexError, TypeError, ValueError) as error:
            raise Illegal(f"version {row.version}, {row.type} {row.data}: {error!r}") from None
    if replay.due is not None:
        raise Illegal("the last move ends the game, and no end is recorded")


class _Replay:
    def __init__(self) -> None:
        self.created = self.started = self.timed = False
        self.players: dict[str, str] = {}
        self.grid = empty()
        self.moves = 0
        self.due: dict[str, Any] | None = None
        """The end that the last move has made, not recorded yet."""
        self.result: str | None = None

    def happen(self, type: str, data: dict[str, Any]) -> None:
        _must(self.created == (type != "GameCreated"), "a game is created once, and first of all")
        match type:
            case "GameCreated":
                self.created, self.timed = True, bool(data.get("clock"))
            case "PlayerJoined":
                _must(data["seat"] in SEATS and data["seat"] not in self.players, "the seat is not free")
                _must(data["player"] not in self.players.values(), "the player has a seat")
                self.players[data["seat"]] = data["player"]
            case "GameStarted":
                _must(not self.started and len(self.players) == 2, "a game starts once, with two")
                _must([data["player_one"], data["player_two"]] == [self.players[s] for s in SEATS], "who?")
                self.started = True
            case "MoveMade":
                self._move(data["player"], data["column"])
            case "GameFinished":
                self._finish(data)
            case "GameAborted":
                _must(self.started and self.timed and self.moves < 2, "nothing ended it")
                _must(data["by"] == "no_first_move", "nobody aborts games here")
                self.result = data["by"]
            case _:
                raise Illegal("no such event")

    def _move(self, player: str, column: int) -> None:
        _must(self.started, "the game has not started")
        _must(player == self.players[SEATS[self.moves % 2]], "it is the other player's turn")
        drop(self.grid, column, self.moves)  # ValueError: there is no such column, or it is full
        self.moves += 1
        self.due = ending(self.grid, self.moves)

    def _finish(self, data: dict[str, Any]) -> None:
        _must(self.started, "the game has not started")
        if self.due is None and data["by"] == "timeout":
            _must(self.timed and self.moves >= 2, "no clock was running")
            _must(data["result"] == WINNERS[SEATS[(self.moves + 1) % 2]], "it was the other player's time")
        elif self.due is None:
            _must(data["by"] == "resignation" and data["result"] in WINNERS.values(), "nothing ended it")
            _must(data["cells"] == [], "nobody has four")
        else:
            _must(data == self.due, f"it ended with {self.due}")
        self.due, self.result = None, data["result"]


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Illegal(otherwise)
