"""Games against the computer, over real sockets, with real processes that think."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from server.game.engine import ENGINE, Level, choose
from tests.conftest import Serve
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import Api, Json, Socket, client

LIMITED = {"limit_loopback": True, "games_per_minute": 100}


@pytest.fixture(scope="module")
async def table(cluster: Cluster) -> AsyncIterator[Api]:
    """A server that these tests share."""
    async with cluster.database() as name, serving.in_process(cluster.url_of(name), cluster.redis_url) as api:
        yield api


async def play(ada: Socket, columns: str) -> None:
    """Ada's moves, each after the computer's answer to the one before."""
    for column in columns:
        answer = await ada.move(int(column) - 1)
        assert answer["type"] == "accepted", answer
        await ada.hear_version(answer["version"] + 1)


async def record(api: Api, game: str) -> list[Json]:
    """The events of a game, with their metadata."""
    return list((await api.http.get(f"/api/games/{game}/record")).json()["events"])


def answers(events: list[Json]) -> list[Json]:
    """The computer's moves."""
    return [
        event
        for event in events
        if event["type"] == "MoveMade" and event["metadata"].get("process") == "computer"
    ]


def assert_reproducible(events: list[Json], level: Level) -> None:
    """Each move of the computer is the one that its metadata leads to."""
    for answer in answers(events):
        before = [
            event["data"]["column"]
            for event in events[: answer["version"] - 1]
            if event["type"] == "MoveMade"
        ]
        metadata = answer["metadata"]
        assert metadata["engine"] == ENGINE
        assert answer["data"]["column"] == choose(before, level, metadata["seed"], metadata["nodes"]).column


@pytest.mark.parametrize("level", list(Level))
async def test_the_computer_sits_down_at_once_and_answers_each_move(table: Api, level: Level) -> None:
    created = await table.create(seat="yellow", opponent=f"bot:{level}")
    game = created["game"]
    async with table.seated(game, created["token"]) as ada:
        await play(ada, "44")
    log = await table.log(game)
    assert [event["type"] for event in log] == [
        "GameCreated",
        *["PlayerJoined"] * 2,
        "GameStarted",
        *["MoveMade"] * 4,
    ]
    bot = {"level": level, "engine": ENGINE}
    assert log[2]["data"]["seat"] == "red"
    assert (log[2]["data"]["name"], log[2]["data"]["bot"]) == ("Computer", bot)
    players = (await table.state(game))["players"]
    assert players["red"] == {"player": log[2]["data"]["player"], "name": "Computer", "bot": bot}
    assert players["yellow"].keys() == {"player", "name"}
    assert_reproducible(await record(table, game), level)


async def test_the_computer_opens_where_it_is_yellow_and_a_request_again_changes_nothing(table: Api) -> None:
    body = {"id": str(uuid4()), "token": "t" * 43, "seat": "red", "opponent": "bot:easy"}
    first, second = [(await table.http.post("/api/games", json=body)).json() for _ in range(2)]
    assert first == second
    async with table.seated(first["game"], "t" * 43) as ada:
        await ada.hear_version(5)
        await play(ada, "1")


async def test_the_computer_plays_again_with_the_other_colour(table: Api) -> None:
    created = await table.create(seat="yellow", opponent="bot:medium", clock={"initial": 60, "increment": 1})
    async with table.seated(created["game"], created["token"]) as ada:
        await play(ada, "4")
        await ada.ask("resign")
        await ada.ask("offer_rematch")
        await ada.hear_version(9)
        next = ada.events[-1]["data"]["game"]
    async with table.seated(next, created["token"]) as ada:  # which may be opened at this moment
        players = (await table.state(next))["players"]
        assert players["yellow"]["bot"] == {"level": "medium", "engine": ENGINE}
        await ada.hear_version(5)
        await play(ada, "4")
        assert ada.version == 7


async def test_a_game_against_the_computer_is_not_rated(table: Api) -> None:
    body = {"opponent": "bot:easy", "rated": True, "listed": True}
    answer = await table.http.post("/api/games", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_rated")


async def test_an_address_has_three_games_against_the_computer_at_a_time(serve: Serve) -> None:
    async with serve(**LIMITED) as api:
        games = [await api.create(seat="yellow", opponent="bot:easy") for _ in range(3)]
        for path, body in (
            ("/api/games", {"opponent": "bot:hard"}),
            (f"/api/games/{games[0]['game']}/forks", {"opponent": "bot:hard", "version": 4}),
        ):
            answer = await api.http.post(path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_games")
            assert answer.headers["retry-after"]
        assert 'connect4_limit_hits_total{limit="computer_games_per_address"} 2' in (
            (await api.http.get("/metrics")).text
        )
        await api.create(opponent="human")
        async with api.seated(games[1]["game"], games[1]["token"]) as ada:
            await ada.ask("resign")
        await api.create(opponent="bot:easy")
        assert (await api.http.post("/api/games", json={"opponent": "bot:easy"})).status_code == 429


async def test_a_server_killed_while_thinking_twice_leaves_one_move_each_the_same_column(
    cluster: Cluster, database: str
) -> None:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url}
    created: Json = {}
    for number, column in enumerate((3, 2)):
        with serving.command(environment | {"SERVER_NAME": f"dies {number}"}) as server:
            url = await asyncio.to_thread(server.wait_for_address)
            async with client(url) as http:
                api = Api(url, http)
                created = created or await api.create(seat="yellow", opponent="bot:medium")
                game = created["game"]
                async with api.seated(game, created["token"]) as ada:
                    version = 4 + 2 * number
                    await ada.hear_version(version)
                    assert (await ada.move(column))["type"] == "accepted"
                    server.process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(server.process.wait)
    with (
        serving.command(environment | {"SERVER_NAME": "one"}) as one,
        serving.command(environment | {"SERVER_NAME": "two"}) as two,
    ):
        url, _ = [await asyncio.to_thread(server.wait_for_address) for server in (one, two)]
        async with client(url) as http:
            api = Api(url, http)
            async with api.connect(game) as watching:
                await watching.hear_version(8)
            events = await record(api, game)
    assert [event["type"] for event in events[4:]] == ["MoveMade"] * 4
    assert [event["metadata"]["server"] for event in events[4:]][0::2] == ["dies 0", "dies 1"]
    assert len(answers(events)) == 2
    # The computer answers half a second after a move: by then its server is dead, if nothing stood still.
    assert answers(events)[0]["metadata"]["server"] in ("dies 0", "dies 1")
    assert answers(events)[1]["metadata"]["server"] in ("dies 1", "one", "two")
    assert_reproducible(events, Level.MEDIUM)
    assert {answer["metadata"]["nodes"] for answer in answers(events)} == {400}
