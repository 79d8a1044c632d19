"""A Postgres with a standby: the primary's machine is lost, or replaced while it lives, and games go on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from server.errors import OutcomeUnknown
from server.store.database import Database
from server.store.migrate import migrate
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import Api, Json, Socket
from tests.support.replicated import Node, pair, url_of

pytestmark = pytest.mark.usefixtures("usual_timeouts")

PATIENCE = 120
"""Time limit for whatever is waited for, in seconds."""
COLUMNS = (3, 3, 4, 4, 0, 0, 6, 6, 1, 1, 3, 3, 4, 4)
"""Columns of moves that end no game."""

CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
USED = """
SELECT query FROM pg_stat_activity
WHERE application_name LIKE 'connect4%'
    AND query NOT LIKE '%pg_is_in_recovery%' AND query NOT LIKE '%pg_walfile%'
"""


@contextlib.asynccontextmanager
async def served(cluster: Cluster, *nodes: Node) -> AsyncIterator[tuple[Api, Api]]:
    """Two servers on the database that is on whichever of `nodes` takes writes."""
    url = url_of(*nodes)
    await migrate(url)
    async with (
        serving.in_process(url, cluster.redis_url, server_name="a") as a,
        serving.in_process(url, cluster.redis_url, server_name="b") as b,
    ):
        yield a, b


async def insist(socket: Socket, column: int, id: UUID | None = None) -> int:
    """Send one move until it is accepted, as a page does; returns its version."""
    id = id or uuid4()
    while (answer := await socket.ask("move", id, column=column))["type"] != "accepted":
        assert answer["code"] == "unavailable", answer
        await asyncio.sleep(0.05)
    version: int = answer["version"]
    return version


async def play(players: Sequence[Socket], columns: Sequence[int]) -> list[int]:
    """Make moves in turn, yellow first, each seen by the opponent; returns their versions."""
    versions = []
    for number, column in enumerate(columns):
        versions.append(await insist(players[number % 2], column))
        await players[1 - number % 2].hear_version(versions[-1])
    return versions


async def whole_log(a: Api, b: Api, game: str) -> list[Json]:
    """The log of a game, about which both servers agree."""
    log = await a.log(game)
    assert await b.log(game) == log
    assert [event["version"] for event in log] == list(range(1, len(log) + 1))
    return log


async def until_replicated(standby: Node, events: int) -> None:
    """Return when a standby has as many events: an asynchronous one may lack the last ones."""
    async with asyncio.timeout(PATIENCE):
        while (await standby.ask("SELECT count(*) FROM events", database="connect4"))[0][0] < events:
            await asyncio.sleep(0.02)


async def until_unused(node: Node) -> None:
    """Return when no server has a connection to `node`, apart from those that ask whether it was promoted.

    What a server sent before it gave up a connection is still carried out there, and waits for the standby
    for ever: Postgres notices only after it that the server is gone.
    """
    async with asyncio.timeout(PATIENCE):
        while await node.ask(USED):
            await node.ask(CANCEL)
            await asyncio.sleep(0.05)


async def test_a_lost_primary_takes_no_accepted_move_with_it_and_games_go_on(cluster: Cluster) -> None:
    async with (
        pair(synchronous=True) as (primary, standby),
        served(cluster, primary, standby) as (a, b),
        contextlib.AsyncExitStack() as stack,
    ):
        games = [await a.start() for _ in range(3)]
        tables = [
            [
                await stack.enter_async_context(api.seated(game, token))
                for api, token in ((a, yellow), (b, red))
            ]
            for game, yellow, red in games
        ]
        before = [asyncio.create_task(play(table, COLUMNS[:8])) for table in tables]
        async with b.connect(games[0][0]) as watching:
            await watching.hear_version(7)
        await primary.lose()
        await standby.promote()
        async with asyncio.timeout(PATIENCE):
            accepted = [await asyncio.gather(*before)]
            accepted.append(await asyncio.gather(*(play(table, COLUMNS[8:]) for table in tables)))
        for place, (game, *_) in enumerate(games):
            log = await whole_log(a, b, game)
            assert [*accepted[0][place], *accepted[1][place]] == list(range(5, 5 + len(COLUMNS)))
            assert len(log) == 4 + len(COLUMNS)


async def test_what_an_asynchronous_standby_lacks_is_shown_to_nobody_and_decided_on_by_nobody(
    cluster: Cluster,
) -> None:
    async with (
        pair(synchronous=False) as (primary, standby),
        served(cluster, primary, standby) as (a, b),
    ):
        game, yellow, red = await a.start()
        async with a.seated(game, yellow) as ada, b.seated(game, red) as grace, b.connect(game) as watching:
            await play((ada, grace), COLUMNS[:2])
            await until_replicated(standby, 6)
            async with standby.deaf():
                assert await play((ada, grace), COLUMNS[2:4]) == [7, 8]
                await watching.hear_version(8)
                gone = (await a.create())["game"]
                assert (await b.state(gone))["version"] == 2
                await primary.lose()
            await standby.promote()
            assert [await socket.hear_close() for socket in (ada, grace, watching)] == [4409] * 3
        assert [(await api.http.get(f"/games/{gone}")).status_code for api in (a, b)] == [404, 404]
        log = await whole_log(a, b, game)
        assert log == watching.events[:6]
        async with a.seated(game, yellow) as ada, b.seated(game, red) as grace:
            assert await play((ada, grace), (6, 6)) == [7, 8]
        assert (await whole_log(a, b, game))[:6] == log


async def test_a_primary_that_was_replaced_and_does_not_know_it_is_not_used(cluster: Cluster) -> None:
    async with (
        pair(synchronous=False) as (primary, standby),
        served(cluster, primary, standby) as (a, b),
    ):
        game, yellow, red = await a.start()
        async with a.seated(game, yellow) as ada, b.seated(game, red) as grace:
            await play((ada, grace), COLUMNS[:2])
            await until_replicated(standby, 6)
            await standby.promote()
            await until_unused(primary)
            assert await play((ada, grace), COLUMNS[2:4]) == [7, 8]
        assert not (await primary.ask("SELECT pg_is_in_recovery()"))[0][0], "it takes writes"
        url = url_of(primary, standby)  # it is the first that is asked, by a server that knows of no other
        async with serving.in_process(url, cluster.redis_url, server_name="c") as c:
            assert await c.log(game) == await whole_log(a, b, game)
        assert len(await primary.ask("SELECT FROM events WHERE version > 6", database="connect4")) == 0


async def test_a_primary_that_hangs_and_is_replaced_is_done_without_and_never_asked_again(
    cluster: Cluster,
) -> None:
    async with (
        pair(synchronous=True) as (primary, standby),
        served(cluster, primary, standby) as (a, b),
    ):
        game, yellow, red = await a.start()
        async with a.seated(game, yellow) as ada, b.seated(game, red) as grace:
            await play((ada, grace), COLUMNS[:2])
            with primary.paused():
                moving = asyncio.create_task(insist(ada, COLUMNS[2]))
                await standby.promote()
                async with asyncio.timeout(PATIENCE):
                    assert await moving == 7
                    await grace.hear_version(7)
            await until_unused(primary)
            assert await play((grace, ada), COLUMNS[3:5]) == [8, 9]
        await whole_log(a, b, game)


async def is_no_success(database: Database, primary: Node) -> None:
    """A commit whose wait for the standby is cancelled, which Postgres reports as a success."""
    write = asyncio.create_task(database.fetch("add_credential", uuid4(), uuid4(), bytes(32)))
    while not write.done():  # others wait, too, such as heartbeats
        await primary.ask(CANCEL)
    with pytest.raises(OutcomeUnknown, match="may have been replaced"):
        await write


async def test_what_the_primary_has_alone_is_no_success_and_not_accepted(cluster: Cluster) -> None:
    """A commit whose wait for the standby was ended can be read, and would be lost with the primary."""
    async with (
        pair(synchronous=True) as (primary, standby),
        served(cluster, primary, standby) as (a, b),
        Database.at(url_of(primary)) as database,
    ):
        await database.confirm()
        game, yellow, _ = await a.start()
        id = uuid4()
        async with a.seated(game, yellow) as ada, b.seated(game, yellow) as again:
            async with standby.deaf():
                await is_no_success(database, primary)
                assert (await ada.ask("move", id, column=3))["code"] == "unavailable"
                assert len(await primary.ask("SELECT FROM events", database="connect4")) == 4
                async with asyncio.timeout(PATIENCE):
                    while len(await primary.ask("SELECT FROM events", database="connect4")) < 5:
                        await primary.ask(CANCEL)  # as an operator does to whatever hangs
                        await asyncio.sleep(0.05)
                assert (await again.ask("move", id, column=3))["code"] == "unavailable"
                await primary.lose()
            await standby.promote()
            assert len(await whole_log(a, b, game)) == 4
        async with b.seated(game, yellow) as ada:
            assert await insist(ada, 3, id) == 5
        assert (await whole_log(a, b, game))[-1]["command_id"] == str(id)
