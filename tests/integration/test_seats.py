"""A seat and all that is kept of its player are one commit, and nothing is read that was just written."""

import asyncio
import contextlib
import uuid
from typing import Any

import asyncpg

from server.game.events import GameId, PlayerId
from server.store.credentials import Credentials, Holder, hash_of, new_token
from server.store.event_store import EMPTY, RecordedEvent, StreamId
from server.store.names import new_key
from server.store.sql import statement
from server.web.api import GAME_IDS
from tests.conftest import Serve


async def test_creating_and_joining_are_one_statement_each(serve: Serve, sent: list[str]) -> None:
    async with serve() as api:
        created = await api.create()
        assert sent == ["append_seats"]
        await api.join(created["game"])
        assert sent == ["append_seats"] * 2


async def test_a_seat_that_was_just_taken_is_found_without_a_look(serve: Serve, sent: list[str]) -> None:
    async with serve() as api, contextlib.AsyncExitStack() as stack:
        game, yellow, red = await api.start()
        sent.clear()
        ada, grace = [await stack.enter_async_context(api.seated(game, token)) for token in (yellow, red)]
        await ada.hear_version(4)
        await grace.hear_version(4)
        assert sent == ["read_stream"] * 2, "each must have what was recorded until it came"
        assert [event["data"]["name"] for event in grace.events if event["type"] == "PlayerJoined"] == [
            "Ada",
            "Grace",
        ]


def created_by(id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """The game that a request with this id creates, and its player."""
    game = uuid.uuid5(GAME_IDS, str(id))
    return game, uuid.uuid5(game, str(id))


async def add_seat(
    connection: "asyncpg.Connection[Any]", game: uuid.UUID, player: uuid.UUID, token: str
) -> None:
    """Keep a token, and a key made for the name, as release 0.2.0 does before it appends."""
    args = game, player, hash_of(token), new_key(), None
    await connection.fetch(statement("names/add_seat"), *args)


async def test_a_request_goes_on_with_the_token_and_the_key_that_an_older_server_has_kept(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve() as api:
        id, token = uuid.uuid4(), new_token()
        game, player = created_by(id)
        await add_seat(connection, game, player, token)
        created = await api.create(id=str(id), token=token)
        assert (created["game"], created["token"]) == (str(game), token)
        assert (await api.state(str(game)))["players"]["yellow"]["name"] == "Ada"
        async with api.connect(str(game)) as socket:
            assert await socket.authenticate(token) == "yellow"


async def test_a_seat_is_not_taken_where_another_token_is_kept_for_its_player(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve() as api:
        id = uuid.uuid4()
        game, player = created_by(id)
        await add_seat(connection, game, player, new_token())
        body = {"id": str(id), "token": new_token(), "name": "Ada"}
        answer = await api.http.post("/api/games", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")
        assert (await api.http.get(f"/api/games/{game}")).status_code == 404


async def test_whoever_loses_the_race_for_a_seat_does_not_disturb_who_shares_the_commit(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve() as api:
        id = uuid.uuid4()
        await add_seat(connection, *created_by(id), new_token())
        taken = {"id": str(id), "token": new_token(), "name": "Ada"}
        async with asyncio.TaskGroup() as tasks:
            requests = [
                tasks.create_task(api.http.post("/api/games", json=body))
                for body in [{"name": "Grace"}] * 3 + [taken] + [{"name": "Grace"}] * 3
            ]
        assert [request.result().status_code for request in requests] == [201] * 3 + [409] + [201] * 3


async def test_a_token_of_a_game_that_the_database_lost_is_not_remembered() -> None:
    game, player, token = GameId(uuid.uuid4()), PlayerId(uuid.uuid4()), new_token()

    class Empty:
        async def fetch(self, name: str, *args: Any) -> list[Any]:
            return []

    async def append(*_: object) -> list[RecordedEvent]:
        return []

    credentials = Credentials(Empty(), append)
    await credentials.append(StreamId(game), EMPTY, [], Holder(player, hash_of(token)))
    assert await credentials.player(game, token) == player
    assert await credentials.player(game, new_token()) is None
    credentials.drop(game)
    assert await credentials.player(game, token) is None
