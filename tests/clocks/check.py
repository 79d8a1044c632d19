"""Compares what the log says of a timed game with what can be told from outside of the servers.

A move arrived after its player had sent it, and before the database recorded it. So both give a bound for
what is left on its player's clock, however long the servers took.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

OFF = 20.0
"""The most that a remaining time may be outside its bounds, in milliseconds."""
FREE_MOVES = 2
"""The number of moves that take nothing from the clocks."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move with thinking time: by how much what it left is `off`, and the time `taken` from when it was
    sent until it was recorded; in milliseconds."""

    off: float
    taken: float


@dataclass
class Bounds:
    """The least and the most that can be left on a clock, in milliseconds."""

    least: float
    most: float

    def off(self, left: float) -> float:
        return max(self.least - left, left - self.most, 0.0)


def moves(log: Sequence[dict[str, Any]], sent: Sequence[float]) -> list[Move]:
    """The moves of a game. `sent` are the moments at which each was sent, in seconds since 1970."""
    clock, checked, number, since = log[0]["data"]["clock"], list[Move](), 0, 0.0
    clocks = [Bounds(clock["initial"] * 1000, clock["initial"] * 1000) for _ in range(2)]
    for event in log:
        recorded = datetime.fromisoformat(event["recorded_at"]).timestamp()
        if event["type"] == "MoveMade":
            if number >= FREE_MOVES:
                data, bounds = event["data"], clocks[number % 2]
                gained = data["lag_ms"] + clock["increment"] * 1000
                bounds.least += gained - (recorded - since) * 1000
                bounds.most += gained - max(0.0, sent[number] - since) * 1000
                off = bounds.off(data["remaining_ms"])
                checked.append(Move(off, (recorded - sent[number]) * 1000))
            number += 1
        since = recorded
    return checked
