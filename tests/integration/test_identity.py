"""Who may play: a token is shown once, opens one seat, and is found nowhere else."""

import logging
import re

import asyncpg
import pytest

from tests.conftest import Serve
from tests.support.player import Api


async def test_a_token_takes_its_seat_and_does_so_again(api: Api) -> None:
    game, yellow, red = await api.start()
    for token, seat in ((yellow, "yellow"), (red, "red"), (yellow, "yellow")):
        async with api.connect(game) as socket:
            assert await socket.authenticate(token) == seat


async def test_a_socket_may_change_seats_by_another_token(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.connect(game) as socket:
        assert await socket.authenticate(yellow) == "yellow"
        assert (await socket.move(3))["type"] == "accepted"
        assert await socket.authenticate(red) == "red"
        assert (await socket.move(3))["type"] == "accepted"


async def test_who_finds_the_seats_taken_leaves_nothing_behind(serve: Serve, database: str) -> None:
    async with serve() as api:
        game, _, _ = await api.start()
        assert (await api.http.post(f"/api/games/{game}/players")).status_code == 409
    connection = await asyncpg.connect(database)
    players = await connection.fetchval("SELECT count(*) FROM credentials WHERE game_id = $1", game)
    await connection.close()
    assert players == 2


async def test_a_secret_is_nowhere_but_with_its_player(
    serve: Serve, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serve() as api:
        game, yellow, red = await api.start()
        async with (
            api.seated(game, yellow) as ada,
            api.seated(game, red) as grace,
            api.connect(game) as watching,
        ):
            await ada.move(3)
            await grace.move(3)
            for socket in (ada, grace, watching):
                await socket.hear_version(6)
        heard = repr([ada.heard, grace.heard, watching.heard, await api.state(game), await api.log(game)])
    connection = await asyncpg.connect(database)
    stored = repr(
        [
            await connection.fetch(f"SELECT t::text FROM {table} t")  # noqa: S608 - a name of ours
            for table in ("events", "credentials")
        ]
    )
    await connection.close()
    # The libraries' own debug logs of what this test's clients sent and received are not the server's.
    logged = "\n".join(
        r.getMessage() for r in caplog.records if not re.match(r"websockets|httpx|httpcore", r.name)
    )
    for token in (yellow, red):
        assert token not in heard
        assert token not in stored
        assert token.encode().hex() not in stored
        assert token not in logged
