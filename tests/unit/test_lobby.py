"""The lobby in virtual time: when a change goes out."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from server.delivery.lobby import FRAME_INTERVAL, Lobby
from server.delivery.online import Online
from server.delivery.outbox import Outbox
from server.wire.frame import Frame
from tests.simulation.loop import VirtualLoop

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class OneGame:
    """A read model with one game, which is being played. Each change is another version."""

    def __init__(self) -> None:
        self.version = 4
        self._game, self._changed_at = uuid4(), BEGIN

    def change(self, after: float) -> None:
        """Make a move, so many seconds after the beginning."""
        self.version += 1
        self._changed_at = BEGIN + timedelta(seconds=after)

    async def fetch(self, name: str, *arguments: object) -> list[Any]:
        if name == "games/playing":
            return [(1, None)]
        row = {"id": self._game, "version": self.version, "status": "playing", "open": False}
        return [{**row, "changed_at": self._changed_at}]


async def entries(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "game": row["id"], "players": {}} for row in rows]


def told(changes: Sequence[float]) -> list[tuple[float, int]]:
    """When a watcher is told of what, where the game changes at these times: times, and versions."""
    heard: list[tuple[float, int]] = []

    async def run() -> None:
        loop, game, outbox = asyncio.get_running_loop(), OneGame(), Outbox()
        lobby = Lobby(game, entries, Online("one", lambda sample: None), lambda: None, lambda: BEGIN)

        def hear() -> None:
            while isinstance(frame := outbox.pop(), Frame):
                message = json.loads(frame.text)
                if message["type"] == "games":
                    heard.append((loop.time(), message["games"][0]["version"]))

        outbox.filled = hear
        running = asyncio.create_task(lobby.run())
        lobby.watch(outbox)
        for at in changes:
            await asyncio.sleep(at - loop.time())
            game.change(at)
            lobby.rung()
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
    return heard[1:]  # the first shows everything


def test_a_change_by_itself_goes_out_at_once() -> None:
    assert told([0.5, 2.25, 2.75]) == [(0.5, 5), (2.25, 6), (2.75, 7)]


def test_of_many_changes_the_first_goes_out_at_once_and_the_latest_five_times_a_second() -> None:
    changes = [1 + number / 100 for number in range(100)]
    frames = told(changes)
    times = [at for at, _ in frames]
    assert times[0] == 1
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == pytest.approx([FRAME_INTERVAL] * 5)
    assert frames[-1][1] == 4 + len(changes)
    for at, version in frames:
        assert version - 4 >= sum(change < at for change in changes), "it is the latest"
