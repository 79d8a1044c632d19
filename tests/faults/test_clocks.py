"""The checker of clocks finds planted faults, and passes a clean history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.faults.checker import Kind, check
from tests.faults.clocks import Times
from tests.faults.history import GAME, START
from tests.faults.rules import Row

CLOCK = {"initial": 10, "increment": 1}
Log = list[Row]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def moved(player: str, column: int, taken: float, left: float, given: float = 0) -> dict[str, Any]:
    """The data of a move; times are in seconds."""
    times = {"elapsed_ms": taken, "lag_ms": 0.1 if taken else 0, "remaining_ms": left, "downtime_ms": given}
    return {"player": player, "column": column} | {key: round(time * 1000) for key, time in times.items()}


def played() -> Log:
    """Both move, yellow again after two seconds, and red never more."""
    events: list[tuple[str, dict[str, Any], float]] = [
        ("GameCreated", {"created_by": "ada", "listed": True, "rated": False, "clock": CLOCK}, 0),
        ("PlayerJoined", {"seat": "yellow", "player": "ada", "name": "Ada"}, 0),
        ("PlayerJoined", {"seat": "red", "player": "grace", "name": "Grace"}, 1),
        ("GameStarted", {"player_one": "ada", "player_two": "grace"}, 1),
        ("MoveMade", moved("ada", 0, 0, 10), 2),
        ("MoveMade", moved("grace", 1, 0, 10), 3),
        ("MoveMade", moved("ada", 0, 2, 9.1), 5),
        ("GameFinished", {"result": "PLAYER_ONE_WON", "by": "timeout", "cells": []}, 15.03),
    ]
    commands = ["create", "create", "join", "join", *(f"command {n}" for n in range(4))]
    return [
        Row(version, type, data, id, at(seconds))
        for version, ((type, data, seconds), id) in enumerate(zip(events, commands, strict=True), 1)
    ]


def unmoved() -> Log:
    """Nobody moves."""
    return [*played()[:4], Row(5, "GameAborted", {"by": "no_first_move"}, "flag", at(31.03))]


def kinds(log: Log, read_at: float = 60, down: tuple[float, float] = (0, 0)) -> set[Kind]:
    times = Times([(at(down[0]), at(down[1]))], at(read_at))
    return {violation.kind for violation in check([], {GAME: log}, times=times)}


@pytest.mark.parametrize("log", [played(), unmoved()])
def test_a_clean_history_passes(log: Log) -> None:
    assert kinds(log) == set()


def test_a_game_whose_time_is_not_up_may_go_on() -> None:
    assert kinds(played()[:-1], read_at=19) == set()
    assert kinds(unmoved()[:-1], read_at=35) == set()


def test_a_downtime_is_given_back() -> None:
    log = played()
    log[6] = replace(log[6], data=moved("ada", 0, 6, 9.1, given=4), recorded_at=at(9))
    log[7] = replace(log[7], recorded_at=at(19.03))
    assert kinds(log, down=(4, 8)) == set()
    assert kinds(log[:-1], read_at=30, down=(19, 29)) == set()


def flag_missing(log: Log) -> None:
    del log[-1]


def flag_too_soon(log: Log) -> None:
    log[-1] = replace(log[-1], recorded_at=at(14))


def flag_twice(log: Log) -> None:
    log.append(replace(log[-1], version=9, command_id="again"))


def flag_of_the_wrong_player(log: Log) -> None:
    log[-1] = replace(log[-1], data=log[-1].data | {"result": "PLAYER_TWO_WON"})


def flag_without_a_clock(log: Log) -> None:
    log[0] = replace(log[0], data=log[0].data | {"clock": None})


def flag_before_anybody_has_moved(log: Log) -> None:
    log[4:] = [replace(log[-1], version=5, recorded_at=at(60))]


def abort_after_both_have_moved(log: Log) -> None:
    log[6:] = [Row(7, "GameAborted", {"by": "no_first_move"}, "flag", at(60))]


def move_after_the_flag(log: Log) -> None:
    log.append(Row(9, "MoveMade", moved("grace", 1, 1, 10), "late", at(16)))


def move_that_gains_time(log: Log) -> None:
    log[6] = replace(log[6], data=moved("ada", 0, 2, 9.2))


def move_that_takes_no_time(log: Log) -> None:
    log[6] = replace(log[6], data=log[6].data | {"lag_ms": 2500, "remaining_ms": 11_500})


def move_after_the_time_was_up(log: Log) -> None:
    log[6] = replace(log[6], data=moved("ada", 0, 12, -0.9))


PLANTED: dict[Callable[[Log], None], Kind] = {
    flag_missing: Kind.STUCK,
    flag_too_soon: Kind.CLOCK,
    flag_twice: Kind.ILLEGAL,
    flag_of_the_wrong_player: Kind.ILLEGAL,
    flag_without_a_clock: Kind.ILLEGAL,
    flag_before_anybody_has_moved: Kind.ILLEGAL,
    abort_after_both_have_moved: Kind.ILLEGAL,
    move_after_the_flag: Kind.ILLEGAL,
    move_that_gains_time: Kind.CLOCK,
    move_that_takes_no_time: Kind.CLOCK,
    move_after_the_time_was_up: Kind.CLOCK,
}


@pytest.mark.parametrize(("plant", "kind"), PLANTED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_planted_is_found(plant: Callable[[Log], None], kind: Kind) -> None:
    log = played()
    plant(log)
    assert kind in kinds(log)
