"""Replays a log by the rules of the golden games: none of the server's code judges it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.faults import offers
from tests.golden.rules import SEATS, WINNERS, drop, empty, ending

AFTER_THE_END = ("RematchOffered", "RematchDeclined", "RematchAccepted")
FIRST_DRAW, DRAW_PAUSE = 2, 6
"""Number of moves from which on a draw can be offered, and after which by the same player again."""


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
            _must((replay.result is None) == (row.type not in AFTER_THE_END), "the game was over, or not")
            _must(
                replay.due is None or row.type == "GameFinished", "the game was won or full and did not end"
            )
            replay.happen(row.type, row.data)
            replay.offer = offers.after(replay.offer, row.type, row.data, row.version)
        except (Illegal, KeyError, IndexError, TypeError, ValueError) as error:
            raise Illegal(f"version {row.version}, {row.type} {row.data}: {error!r}") from None
    if replay.due is not None:
        raise Illegal("the last move ends the game, and no end is recorded")


class _Replay:
    def __init__(self) -> None:
        self.created = self.started = self.timed = False
        self.players: dict[str, str] = {}
        self.grid = empty()
        self.columns: list[int] = []
        self.offer: offers.Offer | None = None
        self.last_draw: tuple[str, int] | None = None
        """The player who offered a draw last, and the number of moves before that."""
        self.next: str | None = None
        """The game that follows."""
        self.due: dict[str, Any] | None = None
        """The end that the last move has made, not recorded yet."""
        self.result: str | None = None

    @property
    def moves(self) -> int:
        return len(self.columns)

    def happen(self, type: str, data: dict[str, Any]) -> None:
        _must(self.created == (type != "GameCreated"), "a game is created once, and first of all")
        if type in offers.ANSWERED:
            self._answer(offers.ANSWERED[type], data)
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
            case "DrawOffered" | "TakebackOffered" | "RematchOffered":
                self._ask(offers.OFFERED[type], data["player"])
            case "MovesTakenBack":
                self._take_back(data["number"])
            case "RematchAccepted":
                self.next = data["game"]
            case "DrawDeclined" | "TakebackDeclined" | "RematchDeclined":
                pass
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
        self.columns.append(column)
        self.due = ending(self.grid, self.moves)

    def _ask(self, kind: str, player: str) -> None:
        _must(self.started and player in self.players.values(), "nobody who plays has offered it")
        _must(self.offer is None or self.offer.kind != kind, "the same is offered already")
        _must(self.next is None, "another game has begun")
        if kind == "draw":
            _must(self.moves >= FIRST_DRAW, "it is too early for a draw")
            asked, moves = self.last_draw or ("", 0)
            _must(asked != player or self.moves >= moves + DRAW_PAUSE, "it is too early for another draw")
            self.last_draw = player, self.moves
        elif kind == "takeback":
            _must(self.moves >= self._back(player), "there is nothing to take back")

    def _answer(self, kind: str, data: dict[str, Any]) -> None:
        offer = self.offer
        _must(offer is not None and (offer.kind, offer.version) == (kind, data["offer"]), "nobody offers it")
        _must(offer is not None and offer.player != data["player"], "nobody answers oneself")
        _must(data["player"] in self.players.values(), "nobody who plays has answered")

    def _back(self, player: str) -> int:
        """The number of moves to take back so that `player` makes the last own one again."""
        return 2 if self.players[SEATS[self.moves % 2]] == player else 1

    def _take_back(self, number: int) -> None:
        _must(self.offer is not None and number == self._back(self.offer.player), "not so many moves")
        for column in reversed(self.columns[-number:]):
            grid = self.grid[column]
            grid[max(row for row, disc in enumerate(grid) if disc != ".")] = "."
        del self.columns[-number:]

    def _finish(self, data: dict[str, Any]) -> None:
        _must(self.started, "the game has not started")
        if self.due is None and data["by"] == "timeout":
            _must(self.timed and self.moves >= 2, "no clock was running")
            _must(data["result"] == WINNERS[SEATS[(self.moves + 1) % 2]], "it was the other player's time")
        elif self.due is None and data["by"] == "agreement":
            _must(self.offer is not None and self.offer.kind == "draw", "nobody offers a draw")
            _must(data["result"] == "TIED", "they agreed to a draw")
        elif self.due is None:
            _must(data["by"] == "resignation" and data["result"] in WINNERS.values(), "nothing ended it")
            _must(data["cells"] == [], "nobody has four")
        else:
            _must(data == self.due, f"it ended with {self.due}")
        self.due, self.result = None, data["result"]


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Illegal(otherwise)
