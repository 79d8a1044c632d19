"""The lobby in virtual time: when a change goes out."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.delivery.lobby import FINISHED, FRAME_INTERVAL, PLAYING, SWAPS, Lobby
from server.delivery.online import Online
from server.delivery.outbox import Outbox
from server.game.events import PlayerId
from server.wire.frame import Frame
from tests.simulation.loop import VirtualLoop
from tests.support.player import Json

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ADA = PlayerId(uuid4())

Script = Callable[[Lobby, "ReadModel"], Awaitable[None]]
Told = list[tuple[float, Json]]
"""The frames of games that a watcher is told, each with its time."""


class ReadModel:
    """A read model of games, which are being played unless they say otherwise. Each change is another
    version."""

    def __init__(self) -> None:
        self._games: dict[UUID, Json] = {}

    def change(self, game: UUID, **fields: Any) -> None:
        """Make a move in `game`, or begin it, or what else `fields` say."""
        before = self._games.get(game) or {"id": game, "version": 3, "status": "playing", "by": None}
        now = BEGIN + timedelta(seconds=asyncio.get_running_loop().time())
        self._games[game] = {**before, "version": before["version"] + 1, "changed_at": now, **fields}

    async def fetch(self, name: str, *arguments: object) -> list[Any]:
        if name == "games/playing":
            return [(1, None)]
        return [{**game, "open": game["status"] == "waiting"} for game in self._games.values()]


async def entries(rows: Sequence[Mapping[str, Any]]) -> list[Json]:
    players = {"yellow": {"player": ADA, "name": "Ada"}, "red": None}
    return [{**row, "game": row["id"], "players": players} for row in rows]


def told(script: Script) -> Told:
    """The frames that a watcher of the lobby gets while `script` runs, and half a second longer."""
    heard: Told = []

    async def run() -> None:
        loop, model, outbox = asyncio.get_running_loop(), ReadModel(), Outbox()

        def now() -> datetime:
            return BEGIN + timedelta(seconds=loop.time())

        def hear() -> None:
            while isinstance(frame := outbox.pop(), Frame):
                message = json.loads(frame.text)
                if message["type"] == "games":
                    heard.append((loop.time(), message))

        lobby = Lobby(model, entries, Online("one", lambda sample: None), lambda: None, now)
        outbox.filled = hear
        running = asyncio.create_task(lobby.run())
        lobby.watch(outbox)
        await script(lobby, model)
        await asyncio.sleep(0.5)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    loop = VirtualLoop(Random(0), shuffle=False)
    try:
        loop.run_until_complete(run())
        assert loop.errors == []
    finally:
        loop.close()
    return heard


def told_of_moves(times: Sequence[float]) -> list[tuple[float, int]]:
    """When a watcher is told of what, where moves are made in a game at these times: times, and versions."""

    async def script(lobby: Lobby, model: ReadModel) -> None:
        loop, game = asyncio.get_running_loop(), uuid4()
        model.change(game)
        for at in times:
            await asyncio.sleep(at - loop.time())
            model.change(game)
            lobby.rung()

    return [(at, frame["games"][0]["version"]) for at, frame in told(script)[1:]]


def test_a_change_by_itself_goes_out_at_once() -> None:
    assert told_of_moves([0.5, 2.25, 2.75]) == [(0.5, 5), (2.25, 6), (2.75, 7)]


def test_of_many_changes_the_first_goes_out_at_once_and_the_latest_five_times_a_second() -> None:
    changes = [1 + number / 100 for number in range(100)]
    frames = told_of_moves(changes)
    times = [at for at, _ in frames]
    assert times[0] == 1
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == pytest.approx([FRAME_INTERVAL] * 5)
    assert frames[-1][1] == 4 + len(changes)
    for at, version in frames:
        assert version - 4 >= sum(change < at for change in changes), "it is the latest"


def test_somebody_who_is_forgotten_makes_no_sixth_frame_a_second() -> None:
    async def script(lobby: Lobby, model: ReadModel) -> None:
        model.change(game := uuid4())
        for number in range(100):
            await asyncio.sleep(0.01)
            model.change(game)
            lobby.rung()
            if number % 7 == 0:
                lobby.forget(ADA)

    frames = told(script)
    gaps = [after - before for (before, _), (after, _) in itertools.pairwise(frames)]
    assert gaps[1:] == pytest.approx([FRAME_INTERVAL] * len(gaps[1:]))


def test_whoever_is_forgotten_is_named_no_more_where_nothing_else_happens() -> None:
    async def script(lobby: Lobby, model: ReadModel) -> None:
        model.change(uuid4())
        await asyncio.sleep(0.01)
        lobby.forget(ADA)

    [_, (at, frame)] = told(script)
    assert at <= 0.01 + FRAME_INTERVAL
    assert [entry["version"] for entry in frame["games"]] == [4]


def test_a_game_that_was_open_when_it_was_looked_at_last_comes_as_finished_and_is_gone_later() -> None:
    async def script(lobby: Lobby, model: ReadModel) -> None:
        model.change(game := uuid4(), status="waiting")
        await asyncio.sleep(1)
        model.change(game, status="finished", by="four")
        lobby.rung()
        await asyncio.sleep(FINISHED)

    _, (ended, finished), (gone, last) = told(script)
    assert (ended, [entry["status"] for entry in finished["games"]]) == (1, ["finished"])
    assert (gone - ended, last["gone"]) == (FINISHED, [finished["games"][0]["game"]])


def test_an_open_game_that_is_called_off_is_gone_at_once() -> None:
    async def script(lobby: Lobby, model: ReadModel) -> None:
        model.change(game := uuid4(), status="waiting")
        await asyncio.sleep(1)
        model.change(game, status="finished", by="creator")
        lobby.rung()

    _, (at, frame) = told(script)
    assert (at, frame["games"], len(frame["gone"])) == (1, [], 1)


def test_the_twelve_that_moved_last_are_shown_and_in_a_full_house_change_seldom() -> None:
    games = [uuid4() for _ in range(30)]
    round_time = 6.0

    async def script(lobby: Lobby, model: ReadModel) -> None:
        for _ in range(10):
            for game in games:
                await asyncio.sleep(round_time / len(games))
                model.change(game)
                lobby.rung()

    shown: list[tuple[float, set[str]]] = [(0.0, set())]
    for at, frame in told(script):
        before = shown[-1][1]
        shown.append((at, before - {*frame["gone"]} | {entry["game"] for entry in frame["games"]}))
    assert max(len(games) for _, games in shown) == PLAYING
    latest = {str(game) for game in games[PLAYING // 2 : PLAYING // 2 + PLAYING]}
    assert latest in [games for _, games in shown], "each move brings its game, as long as few come"
    swaps = sum(len(after - before) for (_, before), (_, after) in itertools.pairwise(shown))
    full = PLAYING + PLAYING + SWAPS * 10 * round_time
    assert full - 3 <= swaps <= full
