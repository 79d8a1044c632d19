"""What a server does with events of a newer release: it shows them, and decides nothing on them."""

import asyncpg
import pytest

from tests.conftest import Serve
from tests.support.player import Api

NEWER = """INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
SELECT stream_id, 5, $2, $3, '{"polish": "wax"}', metadata FROM events WHERE stream_id = $1 AND version = 4"""

EVENTS = pytest.mark.parametrize(
    ("type", "schema_version"), [("DiscPolished", 1), ("MoveMade", 2), ("GameFinished", 9)]
)


async def record_newer(database: str, game: str, type: str, schema_version: int) -> None:
    """Record version 5 of `game` as a server of a newer release does."""
    connection = await asyncpg.connect(database)
    await connection.execute(NEWER, game, type, schema_version)
    await connection.close()


async def refused(api: Api, game: str, token: str) -> list[str]:
    """The codes with which a move, a resignation and a join are refused."""
    async with api.seated(game, token) as socket:
        answers = [await socket.move(3), await socket.ask("resign")]
    joined = await api.http.post(f"/api/games/{game}/players")
    assert joined.status_code == 503
    return [*(answer["code"] for answer in answers), joined.json()["code"]]


@EVENTS
async def test_a_game_with_an_event_of_a_newer_release_is_shown_and_refuses_commands(
    serve: Serve, database: str, type: str, schema_version: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as api:
        game, yellow, _ = await api.start()
        async with api.connect(game) as watching:
            await record_newer(database, game, type, schema_version)
            await watching.hear_version(5)
            assert (watching.events[-1]["type"], watching.events[-1]["data"]) == (type, {"polish": "wax"})
        assert await refused(api, game, yellow) == ["unavailable"] * 3
        state = await api.state(game)
        assert (state["version"], state["status"]) == (5, "playing")
        log = await api.log(game)
        assert [event["version"] for event in log] == [1, 2, 3, 4, 5]
        before = {**state, "version": 4, "changed_at": log[3]["recorded_at"]}
        assert await api.state(game, at=4) == before
    ours = [record for record in caplog.records if record.name.startswith("server")]
    assert ours == [], "it is no error of ours"


@EVENTS
async def test_it_is_the_same_for_a_server_that_starts_later(
    serve: Serve, database: str, type: str, schema_version: int
) -> None:
    async with serve() as api:
        game, yellow, _ = await api.start()
    await record_newer(database, game, type, schema_version)
    async with serve() as api:
        assert await refused(api, game, yellow) == ["unavailable"] * 3
        assert (await api.state(game))["version"] == 5
