"""The heartbeat of a WebSocket, in virtual time."""

import asyncio
from collections.abc import Callable
from random import Random

from server.serving.heartbeat import PING_HEAD, Heartbeat
from server.serving.server import PING_INTERVAL, PING_TIMEOUT
from tests.simulation.loop import VirtualLoop


def beat(
    seconds: float, answers_after: Callable[[], float | None]
) -> tuple[list[float], list[float], Heartbeat]:
    """Runs one for so long. Each pong comes as many seconds after its ping as `answers_after` says, or never
    where that is None. Returns when pings were sent, and when it was found out that the peer is silent."""
    loop, pings, silences = VirtualLoop(Random(1), shuffle=False), list[float](), list[float]()

    def write(ping: bytes) -> None:
        assert ping.startswith(PING_HEAD)
        pings.append(loop.time())
        if (after := answers_after()) is not None:
            loop.call_later(after, heartbeat.hear, ping.removeprefix(PING_HEAD))

    heartbeat = Heartbeat(loop, PING_INTERVAL, PING_TIMEOUT, write, lambda: silences.append(loop.time()))
    loop.call_later(seconds, loop.stop)
    loop.run_forever()
    loop.close()
    return pings, silences, heartbeat


def test_a_peer_that_never_answers_is_silent_after_ten_seconds() -> None:
    assert beat(60, lambda: None)[:2] == ([PING_INTERVAL], [10])


def test_a_peer_on_a_link_of_two_and_a_half_seconds_each_way_never_is() -> None:
    pings, silences, heartbeat = beat(60, lambda: 5.0)
    assert pings == [3, 11, 19, 27, 35, 43, 51, 59]
    assert silences == []
    assert heartbeat.rtt == 5


def test_a_pong_that_takes_no_time_is_a_pong() -> None:
    assert beat(2, lambda: 0.0)[2].rtt is None
    pings, silences, heartbeat = beat(10, lambda: 0.0)
    assert (len(pings), silences) == (3, [])
    assert heartbeat.rtt == 0.0


async def test_a_pong_of_another_ping_means_nothing() -> None:
    sent: list[bytes] = []
    heartbeat = Heartbeat(asyncio.get_running_loop(), 0, 10, sent.append, lambda: None)
    assert not heartbeat.hear(b"")  # before any ping
    while not sent:
        await asyncio.sleep(0)
    payload = sent[0].removeprefix(PING_HEAD)
    assert not heartbeat.hear(payload[::-1] + b"!")
    assert heartbeat.rtt is None
    assert heartbeat.hear(payload)
    assert heartbeat.rtt is not None
    assert not heartbeat.hear(payload)  # it is one answer to one ping
    heartbeat.stop()
