"""Any server serves any game: what one records, those who are subscribed at another see."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.delivery import pubsub
from server.game.commands import Join
from server.game.events import GameId, PlayerId
from server.game_cache import GameCache
from server.handler import Handler
from server.host import embedded
from server.metrics import Metrics
from server.store import codec, postgres
from server.store.database import Database
from server.store.event_store import StreamId
from server.store.postgres import PostgresEventStore
from tests.conftest import Serve
from tests.integration.test_playing import YELLOW_WINS, play
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.memory_players import no_names
from tests.support.player import Api


async def test_players_on_different_servers_play_a_whole_game(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        created = await one.create()
        game = created["game"]
        joined = await two.join(game)
        async with (
            one.seated(game, created["token"]) as ada,
            two.seated(game, joined["token"]) as grace,
            one.connect(game) as watching_one,
            two.connect(game) as watching_two,
        ):
            await play((ada, grace), YELLOW_WINS)
            for socket in (ada, grace, watching_one, watching_two):
                await socket.hear_version(12)
                assert socket.events == await one.log(game)
        assert await one.state(game) == await two.state(game)


async def test_who_comes_to_the_other_server_in_the_middle_sees_it_all(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, red = await one.start()
        async with one.seated(game, yellow) as ada, one.seated(game, red) as grace:
            await play((ada, grace), YELLOW_WINS[:3])
            async with two.connect(game) as late:
                await late.hear_version(7)
                await grace.move(1)
                await late.hear_version(8)
                assert late.events == await two.log(game)


async def test_a_player_may_go_on_at_another_server(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, red = await one.start()
        async with one.seated(game, red) as grace:
            async with one.seated(game, yellow) as ada:
                await ada.move(3)
            await grace.move(3)
            async with two.connect(game, after=5) as elsewhere:
                assert await elsewhere.authenticate(yellow) == "yellow"
                await elsewhere.hear_version(6)
                assert (await elsewhere.move(3, version=6))["type"] == "accepted"
                await grace.hear_version(7)
        assert elsewhere.events[0]["version"] == 6, "it has the rest already"


async def test_movers_at_different_servers_at_once_make_one_move(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, _ = await one.start()
        async with one.seated(game, yellow) as here, two.seated(game, yellow) as there:
            answers = await asyncio.gather(here.move(0), there.move(6))
            assert sorted(answer["type"] for answer in answers) == ["accepted", "rejected"]
            for socket in (here, there):
                await socket.hear_version(5)
            assert here.events == there.events


async def test_an_event_remembers_which_server_recorded_it(
    serve: Serve, cluster: Cluster, database: str
) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        created = await one.create()
        await two.join(created["game"])
    async with Database.at(database) as connected:
        log = await PostgresEventStore(connected, codec.upcast).read(StreamId(UUID(created["game"])))
    assert [event.metadata.server for event in log] == ["one", "one", "two", "two"]


@pytest.fixture
async def silent(database: str) -> AsyncIterator[Handler]:
    """What a server does that records and is gone before it could publish."""
    async with (
        Database.at(database) as connected,
        postgres.event_store(connected, codec.upcast) as store,
    ):
        yield Handler(store, no_names(), GameCache(store), lambda commit: None, "silent", Metrics())


GRACE_JOINS = Join(player=PlayerId(UUID(int=1)), name="Grace")


async def test_a_message_that_redis_lost_is_found_with_the_next(serve: Serve, silent: Handler) -> None:
    async with serve() as one:
        created = await one.create()
        game = created["game"]
        async with one.connect(game) as watching:
            await watching.hear_version(2)
            assert await silent.handle(GameId(UUID(game)), GRACE_JOINS, UUID(int=2)) == 4
            async with one.seated(game, created["token"]) as ada:
                await ada.move(3)
            await watching.hear_version(5)
    assert [event["version"] for event in watching.events] == [1, 2, 3, 4, 5]
    frames = [frame["events"] for frame in watching.heard if frame["type"] == "events"]
    assert [len(events) for events in frames] == [2, 2, 1], "a frame for each commit"


async def test_the_last_message_lost_is_found_with_no_move_behind_it(serve: Serve, silent: Handler) -> None:
    async with serve() as one:
        game = (await one.create())["game"]
        async with one.connect(game) as watching, one.connect(game, after=2) as other:
            await watching.hear_version(2)
            assert await silent.handle(GameId(UUID(game)), GRACE_JOINS, UUID(int=2)) == 4
            for socket in (watching, other):
                await socket.hear_version(4)


async def test_what_was_missed_while_redis_was_away_is_read_when_it_is_back(
    database: str, silent: Handler, tmp_path: Path
) -> None:
    with embedded.running(tmp_path, database, None) as (_, own_redis):
        async with serving.in_process(database, own_redis) as one, Redis.from_url(own_redis) as redis:
            game = (await one.create())["game"]
            async with one.connect(game) as watching:
                await watching.hear_version(2)
                await silent.handle(GameId(UUID(game)), GRACE_JOINS, UUID(int=2))
                assert await redis.client_kill_filter(_type="pubsub") == 1
                await watching.hear_version(4)


async def test_what_is_no_message_of_ours_is_passed_over(serve: Serve, cluster: Cluster) -> None:
    async with serve() as one, Redis.from_url(cluster.redis_url) as redis:
        game, yellow, _ = await one.start()
        async with one.seated(game, yellow) as ada:
            channel = pubsub.channel_of(GameId(UUID(game)))
            for payload in (
                b"",
                b"\n",
                b"c\n",
                b"c x y\nz",
                b"c 1\n",
                b"p\n{",
                b"\xff\n\xff",
                b"c 9 9\n\xff",
                b"c other 9\n{}",
                b"c other 5 5\n\xff",
                b"c other x 5\n{}",
            ):
                await redis.publish(channel, payload)
            assert (await ada.move(3))["type"] == "accepted"
            await ada.hear_version(5)
        assert [event["version"] for event in ada.events] == [1, 2, 3, 4, 5]


async def test_presence_counts_over_all_servers(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, red = await one.start()
        async with one.seated(game, yellow) as ada, one.connect(game):
            await ada.hear("presence", spectators=1, connected=["yellow"])
            async with two.seated(game, red) as grace, two.connect(game):
                for socket in (ada, grace):
                    await socket.hear("presence", spectators=2, connected=["yellow", "red"])
            await ada.hear("presence", spectators=1, connected=["yellow"])


async def test_one_player_in_two_tabs_is_one_player(api: Api) -> None:
    game, yellow, _ = await api.start()
    async with api.seated(game, yellow) as first, api.seated(game, yellow):
        await first.hear("presence", spectators=0, connected=["yellow"])
