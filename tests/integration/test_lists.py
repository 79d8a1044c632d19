"""GET /api/games: who finds what, page by page, and at what cost."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.projections import PROJECTIONS
from server.store import database as database_module
from server.store.postgres_read_models import ALIKE, reading, sql_of
from server.store.read_models import Version
from server.store.sql import statement
from server.web.lists import MOST, NEWEST, Cursor
from tests.bench.log import EVENTS, fill
from tests.conftest import Serve
from tests.support.cluster import Cluster
from tests.support.player import Api, Json
from tests.support.read_side import PATIENCE, read_side


async def create(api: Api, **body: Any) -> str:
    answer = await api.http.post("/api/games", json={"name": "Ada", "listed": True, **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["game"])


async def page(api: Api, **query: Any) -> Json:
    answer = await api.http.get("/api/games", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def pages(api: Api, **query: Any) -> list[list[str]]:
    """The games of each page."""
    found = [await page(api, **query)]
    while cursor := found[-1]["cursor"]:
        found.append(await page(api, **query, cursor=cursor))
    return [[entry["game"] for entry in page["games"]] for page in found]


async def until_listed(api: Api, **fields: Any) -> Json:
    """The newest entry, once it has these fields."""
    async with asyncio.timeout(PATIENCE):
        while True:
            newest = (await page(api, limit=1))["games"]
            if newest and fields.items() <= newest[0].items():
                return dict(newest[0])
            await asyncio.sleep(0.02)


async def test_games_come_newest_first_and_page_by_page(serve: Serve) -> None:
    async with serve() as api:
        assert await page(api) == {"games": [], "cursor": None}
        games = [await create(api) for _ in range(5)]
        await until_listed(api, game=games[-1])
        newest = games[::-1]
        assert await pages(api) == [newest]
        assert await pages(api, limit=2) == [newest[:2], newest[2:4], newest[4:]]
        assert await pages(api, limit=5) == [newest]
        first = await page(api, limit=2)
        meanwhile = await create(api)
        await until_listed(api, game=meanwhile)
        second = await page(api, limit=2, cursor=first["cursor"])
        assert [entry["game"] for entry in second["games"]] == newest[2:4], "a new game moves nothing"


async def test_an_entry_says_what_the_game_is_and_a_status_finds_it(serve: Serve) -> None:
    async with serve() as api:
        created = (await api.http.post("/api/games", json={"listed": True, "seat": "yellow"})).json()
        game, yellow = created["game"], created["token"]
        waiting = await until_listed(api, game=game, version=2)
        assert (waiting["status"], waiting["players"]["red"], waiting["moves"]) == ("waiting", None, "")
        assert await pages(api, status="waiting") == [[game]]
        red = (await api.join(game))["token"]
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            await ada.move(3)
            await until_listed(api, status="playing", moves="4")
            assert await pages(api, status="playing") == [[game]]
            assert await pages(api, status="waiting") == [[]]
            await grace.ask("resign")
        entry = await until_listed(api, status="finished")
        assert await pages(api, status="finished") == [[game]]
        state, log = await api.state(game), await api.log(game)
        assert entry == {key: state[key] for key in entry}
        assert (entry["created_at"], entry["changed_at"]) == (log[0]["recorded_at"], log[-1]["recorded_at"])
        assert (entry["clock"], entry["rated"]) == (None, False)


async def test_a_game_that_is_not_listed_is_in_no_list(serve: Serve) -> None:
    async with serve() as api:
        for body in ({}, {"listed": False}):
            await api.http.post("/api/games", json=body)
        shown = await create(api)
        await until_listed(api, game=shown)
        for status in ({}, {"status": "waiting"}):
            assert await pages(api, **status) == [[shown]]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "over"},
        {"status": ""},
        {"player": "nobody"},
        {"limit": "0"},
        {"limit": str(MOST + 1)},
        {"limit": "-1"},
        {"limit": "٣"},
        {"limit": "1e1"},
        {"cursor": ""},
        {"cursor": "nonsense"},
        {"cursor": "A" * 31},
        {"cursor": "A" * 33},
        {"cursor": "_" * 32},
        {"cursor": "AA" + "é" * 30},
    ],
)
async def test_nonsense_is_refused(api: Api, query: dict[str, str]) -> None:
    answer = await api.http.get("/api/games", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_message")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = Cursor(datetime(2026, 11, 26, 19, 49, 50, 771454, tzinfo=UTC), uuid4())
    assert Cursor.parse(str(cursor)) == cursor
    assert re.fullmatch("AA[A-Za-z0-9_-]{30}", str(cursor))


async def test_lists_have_a_rate_of_their_own(serve: Serve) -> None:
    async with serve(lists_per_minute=2, limit_loopback=True) as api:
        answers = [await api.http.get("/api/games") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 30
        assert (await api.http.post("/api/games")).status_code == 201
        assert 'limit_hits_total{limit="lists_per_minute"} 1.0' in (await api.http.get("/metrics")).text


async def test_who_lists_waits_for_no_runner(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runners of a server have one connection at a time, and the other is for those who list."""
    monkeypatch.setattr(database_module, "COMMAND_TIMEOUT", 10 * PATIENCE)
    async with serve() as api:
        shown = await create(api)
        await until_listed(api, game=shown)
        holding = await asyncpg.connect(database)
        async with holding.transaction():
            await holding.execute("LOCK TABLE projections IN ACCESS EXCLUSIVE MODE")  # a runner hangs
            while not await holding.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.02)
            assert await pages(api) == [[shown]]
        await holding.close()


async def test_connections_for_reading_are_two_and_have_a_name(serve: Serve, database: str) -> None:
    async with serve() as api:
        await asyncio.gather(*(page(api) for _ in range(20)))
        async with read_side(database) as side:
            found = await side.superuser.fetch(
                "SELECT application_name AS name, count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() GROUP BY 1"
            )
    counts = {row["name"]: row["count"] for row in found}
    assert 1 <= counts["connect4 read models"] <= 2


# Plans ----------------------------------------------------------------------------------------------------

MODELS = {projection.name: projection.model for projection in PROJECTIONS}
SOME, MANY = 4_000, 5_000_000
"""Events in the log, and those that the statistics say are there."""


async def test_no_statement_of_a_list_or_a_projection_scans_a_table_of_five_million_events(
    cluster: Cluster,
) -> None:
    async with cluster.database() as database:
        await fill(cluster.url_of(database, user="postgres"), SOME)
        async with read_side(cluster.url_of(database)) as side:
            await side.superuser.execute(MAKE_ROWS)
            await side.superuser.execute("ANALYZE games_v1, deadlines_v1, log_v1, ratings_v1")
            for table in ("events", "log_v1"):
                await pretend(side.superuser, table, MANY)
            for table in ("games_v1", "deadlines_v1", "ratings_v1"):
                await pretend(side.superuser, table, MANY // EVENTS)
            for name, arguments in statements().items():
                found = await plans(side.superuser, name, arguments)
                scanned = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
                assert not {"events", "games_v1", "deadlines_v1", "log_v1", "ratings_v1"} & scanned, name
                if name.startswith("games/newest"):
                    assert {node["Node Type"] for node in found} == {"Limit", "Index Scan"}, name
                    assert not any("Filter" in node for node in found), name
                if name == "deadlines/due":  # else all clocks that run are gone through each second
                    assert sum("due_at" in node.get("Index Cond", "") for node in found) == 2


MAKE_ROWS = """
    INSERT INTO games_v1 (id, version, hash, status, listed, rated, players, moves, created_at, changed_at)
    SELECT stream_id, 40, NULL, 'playing', random() < 0.5, false, '{}', '', min(recorded_at), max(recorded_at)
    FROM events GROUP BY stream_id;
    INSERT INTO deadlines_v1 (id, version, initial, remaining, plies, bot_plies, due_at)
    SELECT id, version, 180, '[]', 0, 0,
        CASE WHEN random() < 0.1 THEN now() + random() * interval '3 minutes' END
    FROM games_v1;
    INSERT INTO ratings_v1 (id, kind, rated, moves, games, history, won, lost, drawn)
    SELECT id, 'game', false, 0, 0, '[]', '{}', '{}', '{}' FROM games_v1;
    INSERT INTO log_v1 (id, transaction_id, position, game, version, type, command_id, cause)
    SELECT gen_random_uuid(), transaction_id, position, stream_id, version, type, gen_random_uuid(),
        CASE WHEN random() < 0.05 THEN gen_random_uuid() END
    FROM events
"""


async def pretend(connection: asyncpg.Connection, table: str, rows: int) -> None:
    """Set the statistics of `table` and its indexes to those of so many rows. The planner takes the number of
    pages from the file, and of rows a page from here."""
    relations = await connection.fetch(
        "SELECT relname, relpages, reltuples FROM pg_class WHERE oid = $1::regclass"
        " OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = $1::regclass)",
        table,
    )
    [whole] = [row["reltuples"] for row in relations if row["relname"] == table]
    for row in relations:
        assert await connection.fetchval(
            "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', $1::text,"
            " 'relpages', $2::integer, 'reltuples', $3::real)",
            row["relname"],
            max(1, row["relpages"]),
            rows * max(0.1, row["reltuples"] / whole),
        )


def statements() -> dict[str, tuple[Any, ...]]:
    """The statements of lists and projections, and arguments."""
    ids, place = [uuid4() for _ in range(100)], (9_999, 9_999)
    return {
        **{f"log/{way}": (*place, 50) for way in ("before", "after")},
        **{f"log/{way}_of_type": (*place, 50, "MoveMade") for way in ("before", "after")},
        **{f"log/{way}_of_id": (*place, 50, uuid4(), None) for way in ("before", "after")},
        "log/entries": (ids[:50],),
        "log/load": (ids,),
        "log/remove": (ids,),
        "games/newest": (*NEWEST, 21),
        "games/newest_of_status": (*NEWEST, 21, "waiting"),
        "games/forks_of": (*NEWEST, 21, uuid4()),
        "games/load": (ids,),
        "games/remove": (ids,),
        "deadlines/due": (100, ids, [datetime.now(UTC)] * 100),
        "deadlines/load": (ids,),
        "deadlines/remove": (ids,),
        "deadlines/differing": (ids, UUID(int=0), 500),
        "games/differing": (ids, UUID(int=0), 500),
        "projections/look": (3.0, 5.0, 1000),
        "projections/place": ("games", 1, "test", 3.0),
        "read_log": (0, 0, 1000),
        **{
            f"{name}/read": (0, 0, 1000, list(model.begun_by))
            for name, model in MODELS.items()
            if model.begun_by is not None
        },
    }


async def plans(connection: asyncpg.Connection, name: str, arguments: tuple[Any, ...]) -> list[Json]:
    """All nodes of the plans of a statement, for these arguments and for any."""
    model, _, own = name.partition("/")
    if own == "read":
        sql = reading(Version(model, 1), MODELS[model].stream_column)
    else:
        sql = sql_of(Version(model, 1), own) if own in ALIKE else statement(name).replace("_vN", "_v1")
    found = list[Json]()
    for options in ("FORMAT JSON", "GENERIC_PLAN, FORMAT JSON"):
        [(plan,)] = await connection.fetch(f"EXPLAIN ({options}) {sql}", *arguments)
        found += nodes(json.loads(plan)[0]["Plan"])
    return found


def nodes(plan: Json) -> Iterator[Json]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
