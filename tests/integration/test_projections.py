"""Projections on a real database while all around them breaks: what is served is what the log folds to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.errors import NotMigrated, StoreUnavailable, UnknownProjection
from server.metrics import Metrics
from server.projections import PROJECTIONS, command, games
from server.projections import runner as runner_module
from server.projections.folder import FOLDED_ANEW, GOES_ON, SERVED, STOPPED, Folder
from server.projections.games import GAMES
from server.projections.runner import Runner
from server.store import postgres_read_models
from server.store.event_store import RecordedEvent, StreamId
from server.store.read_models import State, Status, Version
from tests.conftest import Serve
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import Api, Json
from tests.support.read_side import PATIENCE, ReadSide, read_side

FIRST = Version("games", 1)


@pytest.fixture
async def side(database: str) -> AsyncIterator[ReadSide]:
    async with read_side(database) as side:
        yield side


@pytest.fixture
def no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every runner may have every version at any time: the lock alone keeps them apart."""
    monkeypatch.setattr(postgres_read_models, "LEASE", 0.0)


def folder(side: ReadSide, name: str = "me", version: Version = FIRST) -> Folder:
    folder = Folder(side.models, GAMES, version, name)
    folder.state, folder.runs = State.SERVING, True
    return folder


@contextlib.asynccontextmanager
async def running(side: ReadSide, name: str = "runner") -> AsyncIterator[Runner]:
    """A runner as a server has it, which no bell wakes."""
    runner = Runner(side.models, PROJECTIONS, name, Metrics())
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        await asyncio.wait([task])


async def events_folded(side: ReadSide) -> int:
    return (await status(side)).events


async def status(side: ReadSide) -> Status:
    """The status of what is served from."""
    return (await versions(side, State.SERVING))[0]


async def versions(side: ReadSide, *states: State) -> list[Status]:
    """The versions of the read model of games, of these states or of all."""
    found = [status for status in await side.models.look() if status.name == "games"]
    return [status for status in found if not states or status.state in states]


# Runners --------------------------------------------------------------------------------------------------


async def test_a_runner_that_is_killed_between_reading_and_committing_leaves_nothing(
    side: ReadSide, no_lease: None
) -> None:
    await side.until_readable(await side.play("44"))
    with contextlib.suppress(StoreUnavailable):
        async with side.models.batch(FIRST, "killed") as batch:
            assert batch
            events, _ = await batch.read(100)
            assert len(events) == 6
            game = events[0].stream_id
            await batch.save({game: games.project({game: None}, events[0])[game]}, batch.place.checkpoint, 1)
            killed = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%test'"
            )
            await side.superuser.execute(killed)
    assert await side.served() == {}
    assert await folder(side).step(100)
    await side.agree()
    assert await events_folded(side) == 6


async def test_two_runners_at_once_fold_each_event_once(side: ReadSide, no_lease: None) -> None:
    playing = asyncio.gather(*(side.play("4444111") for _ in range(12)))
    async with asyncio.timeout(PATIENCE):
        while not playing.done() or (await status(side)).lag_events:
            await asyncio.gather(*(folder(side, name).step(7) for name in ("one", "another", "a third")))
    await playing
    await side.agree()
    assert await events_folded(side) == 12 * 11


async def test_another_runner_takes_over_from_one_that_is_not_heard_of(
    side: ReadSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not await folder(side, "gone").step(100)
    await side.play("4")
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    monkeypatch.setattr(postgres_read_models, "LEASE", 0.3)
    async with running(side, "next"):
        await side.agree()
    assert (await status(side)).runner is None, "one that ends in order leaves at once"


async def test_an_open_transaction_holds_events_back_and_none_is_skipped(
    side: ReadSide, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that goes by sequence numbers runs beside it, and loses what was committed late."""
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    late = StreamId(uuid4())
    writer = await asyncpg.connect(database)
    by_number: set[int] = set()

    async def read_by_number() -> None:
        rows = await side.superuser.fetch(
            "SELECT position FROM events WHERE position > $1", max(by_number, default=0)
        )
        by_number.update(row["position"] for row in rows)

    async with running(side):
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute(
            "INSERT INTO events (stream_id, version, type, schema_version, data, metadata)"
            " VALUES ($1, 1, 'MoveMade', 1, $2, $3)",
            late,
            '{"player": "00000000-0000-0000-0000-000000000001", "column": 3}',
            '{"command_id": "00000000-0000-0000-0000-000000000001",'
            ' "correlation_id": "00000000-0000-0000-0000-000000000001",'
            ' "causation_id": "00000000-0000-0000-0000-000000000001",'
            ' "player": "00000000-0000-0000-0000-000000000001", "server": "test"}',
        )
        for _ in range(5):
            await side.play("4")
            await read_by_number()
            await asyncio.sleep(0.1)
        behind = await status(side)
        assert (behind.lag_events, behind.held_back) == (25, 25)
        assert behind.lag_seconds > 0
        assert await side.served() == {}
        await transaction.commit()
        await writer.close()
        served = await side.agree()
    await read_by_number()
    assert late in served
    assert len(served) == 6
    lost = await side.superuser.fetch("SELECT stream_id FROM events WHERE position <> ALL($1)", by_number)
    assert [row["stream_id"] for row in lost] == [late], "the reader by numbers lost it"
    after = await status(side)
    assert (after.lag_events, after.held_back, after.events) == (0, 0, 26)


# A database that went back --------------------------------------------------------------------------------


async def test_rows_are_folded_anew_where_the_log_no_longer_has_what_they_were_folded_from(
    side: ReadSide, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    shorter, gone, other, whole = [await side.play("445") for _ in range(4)]
    async with running(side):
        assert (await side.agree())[shorter].version == 7
        await side.go_back(shorter, 6)
        await side.go_back(gone, 0)
        await side.go_back(other, 6)
        await side.move(other, 1)  # another event has the same version
        served = await side.agree()
    assert {game: row.moves for game, row in served.items()} == {shorter: "44", other: "441", whole: "445"}
    assert FOLDED_ANEW in caplog.messages


async def test_a_projection_of_many_streams_is_built_anew_where_another_finds_that_the_log_lost_events(
    side: ReadSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own place is still in the log: what is gone is before that."""
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    entries = "SELECT count(*) FROM log"

    async def until_entries(number: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while await side.superuser.fetchval(entries) != number:
                await asyncio.sleep(0.02)

    shorter = await side.play("445", listed=True)
    await side.play("1", listed=True)
    async with running(side):
        await until_entries(12)
        await side.go_back(shorter, 5)
        await until_entries(10)
        await side.agree()
    [log] = [each for each in await side.models.look() if each.name == "log" and each.state is State.SERVING]
    assert log.version > 1


async def test_a_runner_that_never_saw_the_rows_finds_those_that_differ_too(
    side: ReadSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    game = await side.play("445")
    async with running(side):
        await side.agree()
    await side.go_back(game, 5)
    async with running(side):
        assert (await side.agree())[game].moves == "4"


# A poisoned event -----------------------------------------------------------------------------------------


async def test_a_poisoned_event_stops_its_projection_until_it_can_be_folded(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    monkeypatch.setattr(postgres_read_models, "RETRY", 0.2)
    caplog.set_level("INFO")
    changes = games._changes

    def poisoned(game: games.Game, event: RecordedEvent) -> Json:
        if event.type == "PlayerJoined" and event.version == 2 and event.data["seat"] == "red":
            raise KeyError("name")
        return changes(game, event)

    monkeypatch.setattr(games, "_changes", poisoned)
    async with serve() as one, serve() as two, read_side(database) as side:
        before = await one.create(name="Ada")
        poison = await two.create(seat="red")
        behind = await one.create(name="Grace")
        await until(lambda: STOPPED in caplog.messages)
        for _ in range(3):  # tried again by both servers, and told of once
            await until_stopped_again(side)
        assert caplog.messages.count(STOPPED) == 1
        told = next(record for record in caplog.records if record.message == STOPPED)
        assert (str(vars(told)["game"]), vars(told)["event"]) == (poison["game"], 2)
        assert [str(id) for id in await side.served() if str(id) != poison["game"]] == [before["game"]]
        [stopped] = [each for each in await command.statuses(database) if each.error]
        assert stopped.error == f"KeyError at version 2 of {poison['game']}"
        assert 'connect4_projection_stopped{projection="games"} 1.0' in (await one.http.get("/metrics")).text
        assert (await one.http.get("/api/games")).status_code == 200
        game, yellow, _ = await two.start()
        async with two.seated(game, yellow) as ada:
            assert (await ada.move(3))["type"] == "accepted", "nobody who plays notices"
        monkeypatch.setattr(games, "_changes", changes)
        assert {before["game"], poison["game"], behind["game"], game} == {
            str(id) for id in await side.agree()
        }
        await until(lambda: GOES_ON in caplog.messages)
    assert (caplog.messages.count(STOPPED), caplog.messages.count(GOES_ON)) == (1, 1)


async def until_stopped_again(side: ReadSide) -> None:
    before = await status(side)
    async with asyncio.timeout(PATIENCE):
        while (await status(side)).stopped_at == before.stopped_at:
            await asyncio.sleep(0.02)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)


# The bell -------------------------------------------------------------------------------------------------


async def test_without_redis_a_projection_goes_on(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL", 0.1)
    away = serving.in_process(database, "redis://127.0.0.1:1", redis_works=False)
    async with away as api, read_side(database) as side:
        game, *_ = await api.start()
        assert [str(id) for id in await side.agree()] == [game]


async def test_a_bell_alone_wakes_the_runner_of_another_server(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as one, read_side(database) as side:
        await until_run(side)
        async with serve() as two, asyncio.timeout(PATIENCE):
            monkeypatch.setattr(runner_module, "POLL", 3600.0)
            for api in (one, two):  # the runner may wait for its last poll until the first is folded
                started = set[UUID]()
                while not started & (await side.served()).keys():  # one bell may come too soon
                    started.add(UUID((await api.start())[0]))
                    await asyncio.sleep(0.1)


async def until_run(side: ReadSide) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await status(side)).runner is None:
            await asyncio.sleep(0.02)


# Building anew --------------------------------------------------------------------------------------------


async def test_a_rebuild_while_games_are_played_is_noticed_by_nobody(
    serve: Serve, database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BATCH_AT_REST", 100)
    monkeypatch.setattr(command, "TELL", 0.1)
    caplog.set_level("INFO")
    async with serve() as api, read_side(database) as side:
        for _ in range(60):
            await side.play("44556")
        known = await listed(api, 3)
        over = asyncio.Event()

        async def play() -> None:
            while not over.is_set():
                game, yellow, red = await api.start()
                async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
                    await ada.move(3)
                    await grace.move(4)

        async def look() -> int:
            looked = 0
            while not over.is_set():
                answer = await api.http.get("/api/games", params={"limit": 100})
                assert answer.status_code == 200
                assert known <= {entry["game"] for entry in answer.json()["games"]}
                looked += 1
            return looked

        playing, looking = asyncio.create_task(play()), asyncio.create_task(look())
        told = [progress async for progress in command.rebuild(database, "games")]
        over.set()
        await playing
        assert await looking
        assert told[-1].done
        assert told[-1].events >= 60 * 9
        assert told[0].left > 0
        assert [progress.version for progress in told] == [2] * len(told)
        await side.agree()
        async with asyncio.timeout(PATIENCE):
            while await side.superuser.fetchval("SELECT to_regclass('games_v1')"):
                await asyncio.sleep(0.05)
        found = [each for each in await command.statuses(database) if each.name == "games"]
        assert [(each.version, each.state) for each in found] == [(2, State.SERVING)]
    assert caplog.messages.count(SERVED) == 1


async def listed(api: Api, count: int) -> set[str]:
    """So many listed games, once they are in the list."""
    created = [await api.http.post("/api/games", json={"listed": True}) for _ in range(count)]
    games = {answer.json()["game"] for answer in created}
    async with asyncio.timeout(PATIENCE):
        while True:
            shown = (await api.http.get("/api/games")).json().get("games", ())
            if games <= {entry["game"] for entry in shown}:
                return games
            await asyncio.sleep(0.02)


async def test_a_server_goes_on_with_a_rebuild_whose_process_is_gone(
    side: ReadSide, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    await side.play("4455")
    rebuilding = command.rebuild(database, "games")
    assert not (await anext(rebuilding)).done
    await rebuilding.aclose()
    async with running(side):
        async with asyncio.timeout(PATIENCE):
            while [status.version for status in await versions(side)] != [2]:
                await asyncio.sleep(0.02)
        await side.agree()


async def test_an_unknown_projection_is_one_sentence(database: str) -> None:
    with pytest.raises(
        UnknownProjection,
        match=r"^There is no projection 'lobby'; there are: deadlines, games, log, ratings\.$",
    ):
        await anext(command.rebuild(database, "lobby"))


async def test_a_database_that_was_not_migrated_is_one_sentence(cluster: Cluster) -> None:
    async with cluster.database(template="template0") as name:
        with pytest.raises(NotMigrated, match="`connect4 migrate` makes them"):
            await command.statuses(cluster.url_of(name))


async def test_a_version_that_the_log_does_not_reach_any_more_is_in_no_ones_way(side: ReadSide) -> None:
    await side.play("44")
    newest = await side.play("45")
    await side.until_readable(newest)
    await folder(side).step(100)
    await side.go_back(newest, 0)
    building = folder(side, version=await side.models.build(GAMES.model))
    building.state, building.checks = State.BUILDING, True
    await building.step(100)
    assert building.state is State.SERVING
    assert len(await side.agree()) == 1


async def test_a_release_with_a_later_revision_builds_its_version_while_this_one_serves(
    side: ReadSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "POLL", 0.05)
    game = await side.play("4455")
    async with running(side, "old"):
        await side.agree()
        later = [replace(GAMES, revision=GAMES.revision + 1)]
        newer = Runner(side.models, later, "new", Metrics())
        async with asyncio.timeout(PATIENCE):
            while [status.revision for status in await versions(side)] != [GAMES.revision + 1]:
                await newer.round()
        await side.move(game, 1)
        async with asyncio.timeout(PATIENCE):
            while (await side.served())[game].moves != "44551":
                await newer.round()
        after = await status(side)
        assert (after.version, after.runner) == (2, "new"), "the old one leaves it alone"
