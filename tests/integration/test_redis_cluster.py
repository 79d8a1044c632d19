"""A Redis Cluster carries what servers tell each other, while slots move and masters are lost."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest

from server.delivery import bell, forgetting, pubsub, sweep
from server.delivery.connection import MESSAGE, SUBSCRIBE, Heard
from server.delivery.lanes import lane_of, slots
from server.game.events import GameId
from tests.integration.test_lobby import watching
from tests.integration.test_outages import PASSWORD, README, Lines, figure
from tests.integration.test_outages import RIGHTS as RIGHTS_OF_ONE
from tests.integration.test_playing import YELLOW_WINS
from tests.support import redis_cluster, serving
from tests.support.people import bearer, become, create
from tests.support.player import PATIENCE, Api, Socket
from tests.support.redis_cluster import RedisCluster

NEVER = 3600
RIGHTS = ("+spublish", "+ssubscribe", "+sunsubscribe", "+cluster|info", "+cluster|slots")
"""The rights that README names beside those in a single Redis."""


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[RedisCluster]:
    """A cluster in which no node is taken for lost: what is to take over is told so."""
    async with redis_cluster.cluster(tmp_path, "--cluster-node-timeout", "60000") as nodes:
        yield nodes


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO)
    return Lines(caplog)


@pytest.fixture
def only_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing finds what Redis loses."""
    monkeypatch.setattr(sweep, "INTERVAL", NEVER)
    monkeypatch.setattr(forgetting, "INTERVAL", NEVER)


@contextlib.asynccontextmanager
async def two_servers(database: str, url: str) -> AsyncIterator[tuple[Api, Api]]:
    async with (
        serving.in_process(database, url, server_name="one") as one,
        serving.in_process(database, url, server_name="two") as two,
    ):
        yield one, two


class Table:
    """A game between players at two servers."""

    def __init__(self, game: str, sockets: list[Socket]) -> None:
        self.game, self.sockets, self.made = game, sockets, 0
        self.slot = slots()[lane_of(pubsub.channel_of(GameId(UUID(game))))]

    async def play(self, columns: str) -> None:
        """Go on with these moves, each when its player has seen the one before it."""
        for column in columns:
            mover, version = self.sockets[self.made % 2], 4 + self.made
            await mover.hear_version(version)
            assert (await mover.move(int(column) - 1, version=version))["type"] == "accepted"
            self.made += 1

    async def ends_with_the_log(self, api: Api) -> None:
        log = await api.log(self.game)
        for socket in self.sockets:
            await socket.hear_version(log[-1]["version"])
            assert socket.events == log


@contextlib.asynccontextmanager
async def table(one: Api, two: Api) -> AsyncIterator[Table]:
    game, yellow, red = await one.start()
    async with one.seated(game, yellow) as ada, two.seated(game, red) as grace:
        for socket in (ada, grace):
            await socket.hear("presence", connected=["yellow", "red"])
        yield Table(game, [ada, grace])


@contextlib.asynccontextmanager
async def tables_at(one: Api, two: Api, nodes: RedisCluster) -> AsyncIterator[list[Table]]:
    """As many games as it takes to have one on each master."""
    async with contextlib.AsyncExitStack() as stack:
        tables: list[Table] = []
        while {nodes.owner(each.slot).port for each in tables} != {master.port for master in nodes.masters}:
            tables.append(await stack.enter_async_context(table(one, two)))
        yield tables


async def all_play(tables: list[Table], columns: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        for each in tables:
            tasks.create_task(each.play(columns))


async def redis_is(up: int, *servers: Api) -> None:
    """Return when each of the servers has said so."""
    async with asyncio.timeout(PATIENCE):
        for server in servers:
            while await figure(server, "connect4_redis_up") != up:
                await asyncio.sleep(0.05)


async def test_games_presence_the_lobby_and_forgetting_go_through_all_masters(
    nodes: RedisCluster, database: str, only_redis: None, lines: Lines
) -> None:
    assert f"and in a Redis Cluster `{' '.join(RIGHTS)}`" in " ".join(README.read_text().split())
    for node in nodes.nodes:
        await node.ask("ACL", "SETUSER", "four", "on", f">{PASSWORD}", *RIGHTS_OF_ONE, *RIGHTS)
    hosts = f"127.0.0.1:1,127.0.0.1:{nodes.masters[2].port}"  # of which the first is away
    url = f"redis://four:{quote(PASSWORD, safe='')}@{hosts}"
    async with two_servers(database, url) as (one, two), tables_at(one, two, nodes) as tables:
        for master in nodes.masters:
            assert await master.ask("PUBSUB", "SHARDCHANNELS")
        await all_play(tables, YELLOW_WINS)
        for each in tables:
            await each.ends_with_the_log(one)
        ada = await become(one)
        created = await create(one, ada)
        async with watching(two) as watcher, one.seated(created["game"], created["token"]):
            await watcher.until(lambda: watcher.counts.get("players") == 2 * len(tables) + 1)
            async with two.connect(created["game"]) as socket:
                await socket.hear_version(2)
                await one.http.delete("/api/me", headers=bearer(ada))
                await socket.hear("forgotten", player=ada["player"])
    assert lines.all == []


async def test_slots_that_move_in_the_middle_of_games_cost_no_move(
    nodes: RedisCluster, database: str, only_redis: None, lines: Lines
) -> None:
    """The store is asked at the confirmation of each subscription: nothing else finds what is lost."""
    first, second, third = nodes.masters
    async with two_servers(database, nodes.url) as (one, two), tables_at(one, two, nodes) as tables:
        moving = {each.slot for each in tables}  # fewer than games, where two share a lane
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(all_play(tables, YELLOW_WINS[:6]))
            for slot in moving:
                source = nodes.owner(slot)
                await nodes.migrate(slot, source, second if source is first else first)
            await playing
        for slot in moving:  # from where it is to where no subscriber has been
            await nodes.migrate(slot, nodes.owner(slot), third)
        await all_play(tables, YELLOW_WINS[6:])
        for each in tables:
            await each.ends_with_the_log(one)
    assert lines.all == []


async def test_a_master_that_is_killed_costs_time_and_no_move(
    nodes: RedisCluster, database: str, lines: Lines
) -> None:
    async with two_servers(database, nodes.url) as (one, two), tables_at(one, two, nodes) as tables:
        await all_play(tables, YELLOW_WINS[:3])
        await nodes.agree()
        lost = nodes.owner(tables[0].slot)
        lost.kill()
        await nodes.take_over(lost)
        await all_play(tables, YELLOW_WINS[3:])
        for each in tables:
            await each.ends_with_the_log(two)
        await lines.come(4)
        async with two.connect(tables[0].game):
            await tables[0].sockets[0].hear("presence", spectators=1)
        assert await figure(one, "connect4_redis_up") == 1
    assert sorted(record.getMessage() for record in lines.all) == 2 * ["outage began"] + 2 * ["outage ended"]


@pytest.mark.usefixtures("usual_timeouts")
async def test_a_master_that_hangs_holds_up_no_game_of_another(
    nodes: RedisCluster, database: str, only_redis: None
) -> None:
    async with (
        two_servers(database, nodes.url) as (one, two),
        tables_at(one, two, nodes) as tables,
    ):
        hung = nodes.owner(tables[0].slot)
        others = [each for each in tables if nodes.owner(each.slot) is not hung]
        with hung.paused():
            await tables[0].play(YELLOW_WINS[:1])  # of which the other server does not hear
            await all_play(others, YELLOW_WINS)
            for each in others:
                await each.ends_with_the_log(one)
            await redis_is(0, one, two)
        await redis_is(1, one, two)
        async with two.connect(tables[0].game):  # reads what nothing told of
            await tables[0].play(YELLOW_WINS[1:])
        await tables[0].ends_with_the_log(two)


async def test_a_cluster_that_was_away_is_found_again(nodes: RedisCluster, database: str) -> None:
    async with serving.in_process(database, nodes.url) as api:
        await redis_is(1, api)
        for node in nodes.nodes:
            node.kill()
        await redis_is(0, api)
        for node in nodes.nodes:
            node.start()
        await redis_is(1, api)


async def test_a_message_follows_a_slot_that_has_moved(nodes: RedisCluster) -> None:
    """A connection that only publishes learns of a slot that has moved from the answer of the node."""
    channel = b"connect4:a"
    slot = slots()[lane_of(channel)]
    async with (
        asyncio.timeout(PATIENCE),
        bell.connect(nodes.url) as here,
        bell.connect(nodes.url) as there,
        here.listening() as line,
        there.listening(),
    ):
        await line.subscribe([channel])
        await heard(line, SUBSCRIBE)
        source = nodes.owner(slot)
        await nodes.migrate(slot, source, next(node for node in nodes.masters if node is not source))
        await heard(line, SUBSCRIBE)
        await there.publish([(channel, b"1")])
        assert await heard(line, MESSAGE) == Heard(MESSAGE, channel, b"1")


async def heard(line: pubsub.Line, kind: bytes) -> Heard:
    """The next message of this kind."""
    while True:
        for message in map(Heard._make, await line.hear()):
            if message.kind == kind:
                return message
