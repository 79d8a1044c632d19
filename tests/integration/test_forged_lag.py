"""A client that forges lag gains what the quota allows, and nothing more."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
import websockets
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from server.serving import server as serving
from tests.conftest import Serve
from tests.support.player import Json, Socket

pytestmark = pytest.mark.usefixtures("exact_clock")

CLOCK = {"initial": 10, "increment": 0}
GAIN = 4 * 10 + 150
"""Gain of the lag quota by a move with this clock, in milliseconds."""
FIRST, MOST = 3 * GAIN, 7 * GAIN
ROUNDED = 1
"""The most that is lost where a time is rounded down, in milliseconds."""
LATE = (MOST + 50) / 1000
"""Delay of each pong, in seconds: longer than what can be given back."""
CLAIMS: Json = {
    "lag": 9_000,
    "lag_ms": 9_000,
    "elapsed_ms": 0,
    "remaining_ms": 999_000,
    "at": "2099-01-01T00:00:00Z",
    "sent_at": "2099-01-01T00:00:00Z",
    "server_time": "2001-01-01T00:00:00Z",
    "arrival": {"at": "2001-01-01T00:00:00Z", "lag_ms": 9_000},
}
"""Fields that the protocol does not have."""


class LatePongs(websockets.ClientConnection):
    """A connection that delays its pongs."""

    def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
        super().__init__(protocol, **options)
        self.answered = asyncio.Event()
        """Set once the first ping has been answered."""
        at_once, loop = protocol.send_frame, asyncio.get_running_loop()

        def answer(frame: Frame) -> None:
            if protocol.state is State.OPEN:
                at_once(frame)
                self.send_data()
                self.answered.set()

        def send_frame(frame: Frame) -> None:
            if frame.opcode is Opcode.PONG:
                loop.call_later(LATE, answer, frame)
            else:
                at_once(frame)

        setattr(protocol, "send_frame", send_frame)  # noqa: B010 - mypy takes it for a method


def moves(log: Iterable[Json]) -> list[Json]:
    return [event["data"] for event in log if event["type"] == "MoveMade"]


async def play(ada: Socket, grace: Socket, pauses: Iterable[float]) -> None:
    """Ada thinks for so long before each of her moves, and claims what she can; Grace answers at once."""
    for number, pause in enumerate(pauses):
        await ada.hear_version(4 + 2 * number)
        await asyncio.sleep(pause)
        for payload in (b"", b"\0\0\0\0", b"late"):
            await ada.connection.pong(payload)
        assert (await ada.move(2 * number % 7, **CLAIMS))["type"] == "accepted"
        await grace.hear_version(5 + 2 * number)
        assert (await grace.move((2 * number + 1) % 7))["type"] == "accepted"


def assert_thought(log: list[Json], pauses: Sequence[float]) -> None:
    """No move took less time than its player thought, and all of it but the lag is gone from the clock."""
    left = CLOCK["initial"] * 1000
    for move, pause in zip(log[1:], pauses[1:], strict=True):
        assert move["elapsed_ms"] >= pause * 1000 - ROUNDED
        left += move["lag_ms"] - move["elapsed_ms"]
        assert move["remaining_ms"] == left


async def test_who_delays_pongs_gains_the_quota_three_gains_at_the_start_and_seven_at_most(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "PING_INTERVAL", 0.01)
    pauses = [0, 0, 0, 0, 0, MOST / 1000 + 0.05, 0.25, 0.25]
    async with serve() as api:
        game, yellow, red = await api.start(clock=CLOCK)
        async with (
            api.connect(game, create_connection=LatePongs) as ada,
            api.seated(game, red) as grace,
        ):
            await ada.authenticate(yellow)
            assert isinstance(ada.connection, LatePongs)
            await ada.connection.answered.wait()
            await play(ada, grace, pauses)
        log = moves(await api.log(game))[::2]
    quota = FIRST
    for move in log[1:]:
        quota = min(MOST, quota + GAIN)
        assert move["lag_ms"] == min(quota, move["elapsed_ms"])
        quota -= move["lag_ms"]
    assert all(move["lag_ms"] < move["elapsed_ms"] for move in log[5:]), "it is the quota that bounds it"
    assert_thought(log, pauses)


async def test_who_claims_lag_and_answers_pings_that_were_not_sent_gains_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "PING_INTERVAL", 3600)  # else the lag of this machine is given back
    pauses = [0, 0.25, 0.25]
    async with serve() as api:
        game, yellow, red = await api.start(clock=CLOCK)
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            await play(ada, grace, pauses)
        log = moves(await api.log(game))[::2]
    assert [move["lag_ms"] for move in log] == [0, 0, 0]
    assert_thought(log, pauses)
