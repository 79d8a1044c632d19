"""A game whose time is up while no server has it in memory ends all the same, once."""

import asyncio

import asyncpg
import pytest

from tests.conftest import Serve
from tests.support.player import Api

PATIENCE = 60
LONG_AGO = """
    ALTER TABLE events DISABLE TRIGGER append_only;
    UPDATE events SET recorded_at = recorded_at - interval '1 hour';
    ALTER TABLE events ENABLE ALWAYS TRIGGER append_only;
    UPDATE deadlines_v1 SET due_at = due_at - interval '1 hour';
"""


async def play(api: Api, moves: int) -> str:
    """A game with a clock, after so many moves."""
    clock = {"initial": 10, "increment": 0}
    created = (await api.http.post("/api/games", json={"seat": "yellow", "clock": clock})).json()
    game = str(created["game"])
    red = (await api.join(game))["token"]
    async with api.seated(game, created["token"]) as ada, api.seated(game, red) as grace:
        for number in range(moves):
            answer = await (grace if number % 2 else ada).move(number)
            assert answer["type"] == "accepted", answer
    return game


@pytest.mark.parametrize(
    ("moves", "end"),
    [(0, ("GameAborted", "no_first_move")), (2, ("GameFinished", "timeout"))],
)
async def test_a_game_that_nobody_has_in_memory_ends_when_its_time_is_up(
    serve: Serve, superuser: asyncpg.Connection, moves: int, end: tuple[str, str]
) -> None:
    async with serve() as before:
        game = await play(before, moves)
    await superuser.execute(LONG_AGO)
    async with serve(server_name="one"), serve(server_name="two"), asyncio.timeout(PATIENCE):
        while True:
            rows = await superuser.fetch(
                "SELECT type, data::json ->> 'by' AS by FROM events WHERE stream_id = $1 AND version > $2",
                game,
                4 + moves,
            )
            if rows:
                break
            await asyncio.sleep(0.05)
    assert [tuple(row) for row in rows] == [end]
    last = await superuser.fetchval("SELECT max(version) FROM events WHERE stream_id = $1", game)
    assert last == 5 + moves
