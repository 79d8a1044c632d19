"""The checker finds planted faults in what players offer each other, and in the games that follow others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.checker import Kind, check
from tests.faults.history import GAME, START, log
from tests.faults.rules import Row

NEXT = "next"
AGREED: list[tuple[str, dict[str, Any]]] = [
    ("MoveMade", {"player": "ada", "column": 0}),
    ("MoveMade", {"player": "grace", "column": 0}),
    ("DrawOffered", {"player": "ada"}),
    ("DrawDeclined", {"player": "grace", "offer": 7}),
    ("TakebackOffered", {"player": "ada"}),
    ("MovesTakenBack", {"player": "grace", "offer": 9, "number": 2}),
    ("MoveMade", {"player": "ada", "column": 0}),
    ("MoveMade", {"player": "grace", "column": 0}),
    ("DrawOffered", {"player": "grace"}),
    ("GameFinished", {"result": "TIED", "by": "agreement", "cells": []}),
    ("RematchOffered", {"player": "ada"}),
    ("RematchAccepted", {"player": "grace", "offer": 15, "game": NEXT}),
]
"""The events of a game from version 5 on."""

Logs = dict[str, list[Row]]


def logs() -> Logs:
    """A game with offers of every kind, and the one that follows it."""
    begun = log()[:4]
    rows = [Row(version, *event, f"c{version}", START) for version, event in enumerate(AGREED, 5)]
    seats = ("grace", "ada")
    created = {**begun[0].data, "rematch_of": GAME}
    joined = [{"seat": seat, "player": name} for seat, name in zip(("yellow", "red"), seats, strict=True)]
    data = [created, *joined, {"player_one": "grace", "player_two": "ada"}]
    following = [replace(row, data=each, command_id="rematch") for row, each in zip(begun, data, strict=True)]
    return {GAME: [*begun, *rows], NEXT: following}


def spoil(version: int, type: str | None = None, **data: Any) -> Callable[[Logs], None]:
    """Plants other data, or another type of event, at a version of the game."""

    def plant(logs: Logs) -> None:
        row = logs[GAME][version - 1]
        logs[GAME][version - 1] = replace(row, type=type or row.type, data=row.data | data)

    return plant


def nobody_opens_it(logs: Logs) -> None:
    del logs[NEXT]


def it_has_a_clock(logs: Logs) -> None:
    logs[NEXT][0].data["clock"] = {"initial": 60, "increment": 0}


def it_follows_another_game(logs: Logs) -> None:
    logs[NEXT][0].data["rematch_of"] = "another"


def nobody_swaps_seats(logs: Logs) -> None:
    for place, player in ((1, "ada"), (2, "grace")):
        logs[NEXT][place].data["player"] = player
    logs[NEXT][3].data.update(player_one="ada", player_two="grace")


def test_what_players_agree_to_passes() -> None:
    assert check([], logs()) == []


@pytest.mark.parametrize(
    "plant",
    [
        spoil(7, player="eve"),
        spoil(8, player="ada"),
        spoil(8, offer=6),
        spoil(8, "TakebackDeclined"),
        spoil(9, "DrawOffered"),
        spoil(10, number=1),
        spoil(10, offer=7),
        spoil(10, player="ada"),
        spoil(13, "TakebackOffered"),
        spoil(14, result="PLAYER_ONE_WON"),
        spoil(15, "DrawOffered"),
        spoil(16, offer=13),
        spoil(16, player="ada"),
    ],
)
def test_what_nobody_may_offer_or_answer_is_illegal(plant: Callable[[Logs], None]) -> None:
    spoilt = logs()
    plant(spoilt)
    assert Kind.ILLEGAL in {violation.kind for violation in check([], spoilt)}


def test_an_offer_of_a_takeback_ends_with_a_move() -> None:
    spoilt = logs()
    moved = Row(10, "MoveMade", {"player": "ada", "column": 1}, "late", START)
    spoilt[GAME][9:] = [moved, replace(spoilt[GAME][9], version=11)]
    assert [violation.kind for violation in check([], spoilt)] == [Kind.ILLEGAL]


@pytest.mark.parametrize(
    "plant", [nobody_opens_it, it_has_a_clock, it_follows_another_game, nobody_swaps_seats]
)
def test_a_game_follows_as_it_was_agreed_to(plant: Callable[[Logs], None]) -> None:
    spoilt = logs()
    plant(spoilt)
    assert [violation.kind for violation in check([], spoilt)] == [Kind.REMATCH]
