"""Golden games with clocks, offers, takebacks and their ends, by the rules of the clock a second time."""

import random
import uuid
from collections.abc import Iterator

from tests.golden.rules import COLUMNS, SEATS, WINNERS, drop, empty, ending
from tests.golden.scribe import Json, Scribe

TERMS = [(60, 0), (180, 2), (300, 3), (10, 60), (3600, 0)]
OF_EACH = 6
COMMIT_MS = 7
"""Time from the arrival of a command to its record."""
NEXT = str(uuid.UUID(int=77))
PARENT = str(uuid.UUID(int=78))
OPENINGS = (1, 2, 7, 12, 25)
"""Numbers of moves that forks begin with."""


def other(seat: str) -> str:
    return SEATS[1 - SEATS.index(seat)]


def think(scribe: Scribe, elapsed: int, lag: int, downtime: int) -> Json:
    """The times of the next move, as `MoveMade` has them; time passes until it is recorded."""
    assert scribe.clock
    before = scribe.remaining(scribe.mover)
    arrived = scribe.ms + elapsed
    scribe.ms = arrived + COMMIT_MS
    if len(scribe.left) < 2:
        return {"elapsed_ms": 0, "lag_ms": 0, "remaining_ms": before}
    elapsed = arrived - (scribe.since or 0)
    lag = min(lag, elapsed - downtime)
    left = before - elapsed + lag + downtime + 1000 * int(scribe.clock["increment"])
    return {
        "elapsed_ms": elapsed,
        "lag_ms": lag,
        "remaining_ms": left,
        **({"downtime_ms": downtime} if downtime else {}),
    }


def played(
    chance: random.Random, ids: random.Random, clock: Json | None, manners: bool, opening: str = ""
) -> Scribe:
    """A game that is played until it ends, with offers in between if there are `manners`; a fork that begins
    with `opening`, if there is one."""
    scribe = Scribe(ids, clock)
    scribe.ms = chance.randrange(1_000_000_000)
    scribe.open(opening=opening, fork_of={"game": PARENT, "version": 4 + len(opening)} if opening else None)
    plies_of_draw = -6
    while True:
        free = [column for column in range(COLUMNS) if "." in scribe.grid[column]]
        if manners and len(scribe.moves) >= len(opening) + 2 and chance.random() < 0.3:
            seat, kind = chance.choice(SEATS), chance.choice(("draw", "takeback"))
            open = scribe.state["offer"]
            if (kind == "draw" and len(scribe.moves) < plies_of_draw + 6) or (open and open["kind"] == kind):
                continue  # too soon, or it would be an answer
            scribe.ms += 50
            version = scribe.offer(kind, seat)
            plies_of_draw = len(scribe.moves) if kind == "draw" else plies_of_draw
            scribe.ms += 50
            answer = chance.random()
            if kind == "takeback" and answer < 0.5:
                scribe.take_back(other(seat), version, 2 if scribe.mover == seat else 1)
            elif answer < 0.5 or kind == "takeback":  # a refused takeback would have to wait for the next
                pass
            elif answer < 0.9:
                scribe.decline(kind, other(seat), version)
            else:
                scribe.finish({"result": "TIED", "by": "agreement", "cells": []})
                return scribe
            continue
        if clock:
            most = min(28_000, scribe.remaining(scribe.mover) // 4)
            thinking = (
                think(
                    scribe,
                    chance.randrange(most),
                    chance.choice((0, 0, chance.randrange(90))),
                    chance.choice((0,) * 9 + (1,)) * chance.randrange(most),
                )
                if most > 100
                else None
            )
            if thinking is None or thinking["elapsed_ms"] < thinking.get("downtime_ms", 0):
                time_out(scribe)
                return scribe
        else:
            thinking = None
        scribe.move(chance.choice(free), thinking)
        if end := ending(scribe.grid, len(scribe.moves)):
            scribe.finish(end)
            return scribe


def time_out(scribe: Scribe) -> None:
    """The time of whoever is to move runs out."""
    late = scribe.mover
    scribe.ms = (scribe.since or 0) + scribe.remaining(late) + 20
    scribe.finish({"result": WINNERS[other(late)], "by": "timeout", "cells": []})


def games(chance: random.Random, ids: random.Random) -> Iterator[Json]:
    """Timed games, polite games, and one of each of the ends that are no move."""
    for initial, increment in TERMS:
        clock = {"initial": initial, "increment": increment}
        for number in range(OF_EACH):
            scribe = played(chance, ids, clock, manners=number % 2 == 1)
            yield with_readings(
                chance, scribe.game(f"clock {initial}+{increment}, {number}", every_state=number < 2)
            )
        scribe = Scribe(ids, clock)
        scribe.open()
        for column in (3, 3, 2):
            scribe.move(column, think(scribe, 2_000, 0, 0))
        time_out(scribe)
        yield with_readings(chance, scribe.game(f"timeout, {initial}+{increment}"))
    for number in range(OF_EACH):
        scribe = played(chance, ids, None, manners=True)
        if number % 2:
            version = scribe.offer("rematch", "yellow")
            scribe.decline("rematch", "red", version)
            version = scribe.offer("rematch", "red")
            data = {"player": scribe.ids["yellow"], "offer": version, "game": NEXT}
            scribe.happen("RematchAccepted", data, offer=None, rematch=NEXT)
        yield scribe.game(f"manners, {number}", every_state=number < 2)
    yield from aborted(ids)
    for number in OPENINGS:
        for timed in (False, True):
            terms = {"initial": 60, "increment": 1} if timed else None
            scribe = played(chance, ids, terms, manners=True, opening=random_opening(chance, number))
            game = scribe.game(f"fork after {number}, {'with' if timed else 'without'} a clock")
            yield with_readings(chance, game) if timed else game
    yield against_the_computer(ids)


def random_opening(chance: random.Random, number: int) -> str:
    """So many moves after which nobody has won, as columns from 1."""
    while True:
        grid, columns = empty(), list[int]()
        while len(columns) < number and not ending(grid, len(columns)):
            column = chance.choice([column for column in range(COLUMNS) if "." in grid[column]])
            drop(grid, column, len(columns))
            columns.append(column)
        if not ending(grid, len(columns)):
            return "".join(str(column + 1) for column in columns)


def against_the_computer(ids: random.Random) -> Json:
    scribe = Scribe(ids)
    bot: Json = {"level": "hard", "engine": 1}
    scribe.players["red"] = scribe.players["red"] | {"bot": bot}
    scribe.open()
    for column in (3, 3, 2, 4):
        scribe.move(column)
    scribe.finish({"result": "PLAYER_TWO_WON", "by": "resignation", "cells": []})
    return scribe.game("against the computer")


def aborted(ids: random.Random) -> Iterator[Json]:
    alone = Scribe(ids)
    alone.open(alone=True)
    alone.abort("creator", "yellow")
    yield alone.game("aborted by its creator")
    both = Scribe(ids)
    both.open()
    both.move(3)
    both.abort("player", "red")
    yield both.game("aborted by a player")
    late = Scribe(ids, {"initial": 60, "increment": 0})
    late.open()
    late.move(3, think(late, 1_000, 0, 0))
    late.ms += 30_005
    late.abort("no_first_move", None)
    yield late.game("aborted without a first move")


def with_readings(chance: random.Random, game: Json) -> Json:
    """`game`, and what its clocks show at some moments after its versions, in milliseconds."""
    readings = []
    for version, state in game["states"].items():
        clock = state["clock"]
        after = chance.randrange(-20, 20_000)
        left = dict(clock["remaining_ms"])
        if running := clock["running"]:
            left[running] = max(0, left[running] - max(0, after))
        readings.append({"version": int(version), "after_ms": after, "left": left})
    return {**game, "readings": readings}
