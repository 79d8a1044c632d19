"""The figures that an operator asks for are counted where it happens."""

import asyncio
import re

import pytest
import websockets

from tests.conftest import Serve
from tests.support.player import PATIENCE, Api


async def figures(api: Api) -> dict[str, float]:
    """Every figure that is not 0, by its name without `connect4_`."""
    text = (await api.http.get("/metrics")).text
    return {name: value for name, number in re.findall(r"^connect4_(\S+) (.+)$", text, re.MULTILINE)
            if (value := float(number))}  # fmt: skip


async def until_counted(api: Api, name: str, number: float) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await figures(api)).get(name) != number:
            await asyncio.sleep(0.01)


async def test_durations_of_appends_and_of_deliveries_are_counted(serve: Serve) -> None:
    async with serve() as api:
        game, yellow, _ = await api.start()  # two appends, and nobody to deliver to
        async with api.seated(game, yellow) as ada:
            assert (await ada.move(3))["type"] == "accepted"
        counted = await figures(api)
        assert counted["append_seconds_count"] == 3
        assert counted["append_seconds_sum"] > 0
        assert counted["delivery_seconds_count"] == 1
        assert counted["redis_seconds_count"] >= 1


async def test_closes_are_counted_by_code_whoever_closes(serve: Serve) -> None:
    async with serve() as api:
        game, _, _ = await api.start()
        async with api.connect(game) as socket:
            await socket.connection.close(1000)
        await until_counted(api, 'closes_total{code="1000"}', 1)
        async with api.connect(game) as socket:
            await socket.send(type="authenticate", token="x" * 43)
            assert await socket.hear_close() == 4401
        await until_counted(api, 'closes_total{code="4401"}', 1)
        for unknown in ("nonsense", "00000000-0000-4000-8000-000000000000"):
            async with api.connect(unknown) as socket:
                assert await socket.hear_close() == 4404
        await until_counted(api, 'closes_total{code="4404"}', 2)
        async with api.connect(game) as socket:
            await socket.send_raw("x" * 5000)
            assert await socket.hear_close() == 1009
        await until_counted(api, 'closes_total{code="1009"}', 1)


async def test_a_foreign_origin_that_is_refused_is_counted(serve: Serve) -> None:
    async with serve() as api:
        game, _, _ = await api.start()
        with pytest.raises(websockets.InvalidStatus):
            async with api.connect(game, origin="https://evil.example"):
                pass
        assert (await figures(api))["origins_refused_total"] == 1


async def test_limits_that_are_reached_are_counted_by_name(serve: Serve) -> None:
    strict = {"games_per_minute": 1, "sockets_per_address": 1, "message_rate": 1, "limit_loopback": True}
    async with serve(**strict) as api:
        game = (await api.create())["game"]
        assert (await api.http.post("/api/games")).status_code == 429
        async with api.connect(game) as socket:
            async with api.connect(game) as second:
                assert await second.hear_close() == 1013
            for _ in range(3):
                await socket.send(type="ping", t=1)
            await socket.hear("rejected", code="rate_limited")
        counted = await figures(api)
        assert {name: number for name, number in counted.items() if name.startswith("limit_hits")} == {
            'limit_hits_total{limit="games_per_minute"}': 1,
            'limit_hits_total{limit="sockets_per_address"}': 1,
            'limit_hits_total{limit="message_rate"}': 1,
        }
        await until_counted(api, 'closes_total{code="1013"}', 1)
