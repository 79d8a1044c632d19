"""What the servers do by themselves: the next game is opened, and time that is up is called, once."""

import asyncio
import contextlib
import uuid
from typing import Any

import asyncpg
import pytest

from server.game.board import Seat
from server.game.clock import Arrival
from server.game.commands import Create, Join, Move
from server.game.events import Clock, GameId, PlayerId
from server.game.offers import rematch_id
from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.store import codec, postgres
from server.store.database import Database
from server.store.database_clock import DatabaseClock, time_of
from tests.conftest import Serve
from tests.integration.test_database_went_back import go_back
from tests.integration.test_timed_games import accepted, play
from tests.support.cluster import Cluster
from tests.support.memory_players import no_names
from tests.support.player import PATIENCE, Api, Json, client
from tests.support.serving import command

IS_DUE = "SELECT due_at IS NOT NULL FROM deadlines_v1 WHERE id = $1"
RECORDED = "SELECT type FROM events WHERE stream_id = $1 ORDER BY version"


async def until(api: Api, game: str, **fields: Any) -> Json:
    """The state of the game, once it has these fields."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await api.http.get(f"/api/games/{game}")
            if answer.status_code == 200 and fields.items() <= answer.json().items():
                return dict(answer.json())
            await asyncio.sleep(0.02)


async def resigned(api: Api, game: str, yellow: str, red: str) -> None:
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await play(ada, grace, "12")
        await accepted(grace, "resign")


@pytest.mark.parametrize("crossing", [False, True], ids=["answered", "crossing offers"])
async def test_a_rematch_swaps_the_seats_and_the_old_tokens_open_them(api: Api, crossing: bool) -> None:
    clock = {"initial": 180, "increment": 2}
    created = await api.create(clock=clock, listed=False)
    game, yellow = created["game"], created["token"]
    red = (await api.join(game))["token"]
    await resigned(api, game, yellow, red)
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        version = await accepted(ada, "offer_rematch")
        answer = {} if crossing else {"offer": version}
        await accepted(grace, "offer_rematch" if crossing else "accept_rematch", **answer)
    before = await api.state(game)
    next = before["rematch"]
    assert next == str(rematch_id(GameId(uuid.UUID(game))))
    state = await until(api, next, status="playing")
    assert state["players"] == {
        "yellow": before["players"]["red"],
        "red": before["players"]["yellow"],
    }
    log = await api.log(next)
    assert [event["type"] for event in log] == ["GameCreated", "PlayerJoined", "PlayerJoined", "GameStarted"]
    data = log[0]["data"]
    assert (data["clock"], data["listed"], data["rematch_of"]) == (clock, False, game)
    async with api.seated(next, red) as grace, api.seated(next, yellow) as ada:
        await play(grace, ada, "12")


async def test_servers_that_read_of_a_rematch_open_one_game(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, red = await one.start()
        await resigned(one, game, yellow, red)
        async with one.seated(game, yellow) as ada, two.seated(game, red) as grace:
            version = await accepted(ada, "offer_rematch")
            await accepted(grace, "accept_rematch", offer=version)
            next = (await one.state(game))["rematch"]
        await until(two, next, status="playing")
        for api in (one, two):
            await api.state(game)
            assert len(await api.log(next)) == 4


async def test_a_rematch_whose_server_dies_before_it_opens_the_next_game_is_opened_by_another(
    serve: Serve, cluster: Cluster, database: str, superuser: asyncpg.Connection
) -> None:
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url}
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(serve())
        dying = stack.enter_context(command(environment))
        url = await asyncio.to_thread(dying.wait_for_address)
        api = Api(url, await stack.enter_async_context(client(url)))
        game, yellow, red = await api.start()
        await resigned(api, game, yellow, red)
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            version = await accepted(ada, "offer_rematch")
            async with superuser.transaction():  # so long no token is copied, and so no game opened
                await superuser.execute("LOCK TABLE credentials")
                await accepted(grace, "accept_rematch", offer=version)
                dying.process.kill()
                await asyncio.to_thread(dying.process.wait)
        next = rematch_id(GameId(uuid.UUID(game)))
        async with asyncio.timeout(PATIENCE):
            while not (log := await superuser.fetch(RECORDED, next)):
                await asyncio.sleep(0.05)
        assert [row["type"] for row in log][-1] == "GameStarted"


async def test_a_rematch_that_the_database_lost_is_opened_again(
    serve: Serve, superuser: asyncpg.Connection
) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, red = await one.start()
        await resigned(one, game, yellow, red)
        async with one.seated(game, yellow) as ada, two.seated(game, red) as grace:
            version = await accepted(ada, "offer_rematch")
            await accepted(grace, "accept_rematch", offer=version)
        next = str(rematch_id(GameId(uuid.UUID(game))))
        for api in (one, two):
            await until(api, next, status="playing")
            await api.state(game)  # from now on it has all of the game in memory
        async with asyncio.timeout(PATIENCE):
            while await superuser.fetchval(IS_DUE, game) in (True, None):  # the read model follows
                await asyncio.sleep(0.02)
        await go_back(superuser, next, 0)
        await superuser.execute(
            "UPDATE deadlines_v1 SET due_at = now() WHERE id = $1", game
        )  # and so does that
        for api in (one, two):
            await until(api, next, status="playing")
        assert len(await one.log(next)) == 4


@pytest.mark.parametrize("kind", ["draw", "takeback", "rematch"])
async def test_offers_that_cross_on_two_servers_are_agreed_to_once(serve: Serve, kind: str) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        for _ in range(5):
            game, yellow, red = await one.start()
            async with one.seated(game, yellow) as ada, two.seated(game, red) as grace:
                await play(ada, grace, "1234")
                if kind == "rematch":
                    await accepted(grace, "resign")
                version = (await one.state(game))["version"]
                for player in (ada, grace):
                    await player.hear_version(version)
                answers = await asyncio.gather(
                    *(accepted(player, f"offer_{kind}") for player in (ada, grace))
                )
            assert sorted(answers) == [version + 1, version + 2]
            agreed = {"draw": "GameFinished", "takeback": "MovesTakenBack", "rematch": "RematchAccepted"}
            types = [event["type"] for event in (await two.log(game))[version:]]
            assert types == [f"{kind.capitalize()}Offered", agreed[kind]]


async def test_a_flag_falls_once_where_two_servers_watch(serve: Serve, database: str) -> None:
    game = GameId(uuid.uuid4())
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        async with Database.at(database) as opened, postgres.event_store(opened, codec.upcast) as store:
            clock = DatabaseClock(time_of(opened))
            await clock.measure()
            handler = Handler(
                store, no_names(), GameCache(store), lambda commit: None, "a server that dies", Metrics()
            )
            ada, grace = PlayerId(uuid.uuid4()), PlayerId(uuid.uuid4())
            terms = Clock(initial=1, increment=0)
            for command in (
                Create(player=ada, name="Ada", seat=Seat.YELLOW, clock=terms),
                Join(player=grace, name="Grace"),
                Move(player=ada, column=0, arrival=Arrival(at=clock.now())),
                Move(player=grace, column=1, arrival=Arrival(at=clock.now())),
            ):
                await handler.handle(game, command, uuid.uuid4())
        async with one.connect(str(game)) as watching, two.connect(str(game)) as other:
            for api in (one, two):  # from now on they have it in memory
                await api.state(str(game))
            for socket in (watching, other):
                await socket.hear_version(7)
                assert socket.events[-1]["data"]["by"] == "timeout"
        assert [event["type"] for event in await one.log(str(game))][-2:] == ["MoveMade", "GameFinished"]
