"""Names that are sealed in the log, and players who are forgotten."""

import asyncio
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
import redis.asyncio

from server.delivery import forgetting
from server.store import history
from server.store.credentials import Credentials
from server.store.event_store import RecordedEvent
from server.store.sql import statement
from tests.conftest import Serve
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.people import (
    NAME,
    bearer,
    become,
    create,
    everything_stored,
    hand_over,
    join,
    me,
    seats,
    take_over,
)
from tests.support.player import PATIENCE, Api, Json

# Names in the log, and being forgotten --------------------------------------------------------------------


async def stored(connection: "asyncpg.Connection[Any]") -> list[tuple[Any, ...]]:
    rows = await connection.fetch("SELECT * FROM events ORDER BY position")
    return [tuple(row.values()) for row in rows]


async def test_no_name_is_in_the_log_and_readers_see_it(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve() as api:
        ada = await become(api)
        game = (await create(api, ada))["game"]
        async with api.connect(game) as watching:
            await api.join(game, "Grace, who is nobody")
            await watching.hear_version(4)
            heard = [event["data"]["name"] for event in watching.events if event["type"] == "PlayerJoined"]
        assert heard == [NAME, "Grace, who is nobody"]
        assert [event["data"].get("name") for event in await api.log(game)][1:3] == heard
        assert [name for _, name in (await seats(api, game)).values()] == heard
        record = (await api.http.get(f"/api/games/{game}/record")).json()
        assert list(record["names"].values()) == heard
        log = str(await stored(connection))
        assert "verwechselbar" not in log
        assert "Grace" not in log
        joined = [event["data"] for event in record["events"] if event["type"] == "PlayerJoined"]
        assert [data["name"] for data in joined] == ["Anonymous"] * 2, "for a release that cannot open it"
        assert verify(record), "the hash is over what is stored"


def verify(record: Json) -> bool:
    """True if the hashes of a record are those of its events."""
    previous = bytes(32)
    for event in record["events"]:
        data, metadata = (history.canonical(json.dumps(event[key])) for key in ("data", "metadata"))
        place = event["version"], event["type"], event["schema_version"]
        previous = history.hash_of(previous, uuid.UUID(record["game"]), *place, data, metadata)
        if previous.hex() != event["hash"]:
            return False
    return True


async def everything_told(apis: Sequence[Api], game: str) -> str:
    """The answers to all calls about a game, at each server, as one text."""
    paths = ("", "/events", "/events?hashes=1", "/record", "?at=2")
    addresses = [f"/games/{game}", *(f"/api/games/{game}{path}" for path in paths)]
    return "".join([(await api.http.get(address)).text for api in apis for address in addresses])


async def is_told_nowhere(name: str, apis: Sequence[Api], game: str) -> None:
    """Return once `name` is in no answer."""
    while name in await everything_told(apis, game):
        await asyncio.sleep(0.02)


async def test_a_player_who_is_forgotten_has_no_name_on_any_server_and_the_game_goes_on(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada = await become(one)
        created = await create(one, ada)
        game = created["game"]
        grace = await join(two, game, await become(two, "Grace"))
        async with (
            one.seated(game, created["token"]) as yellow,
            two.seated(game, grace["token"]) as red,
            two.connect(game) as watching,
        ):
            assert NAME in await everything_told([one, two], game)
            for socket in (yellow, red, watching):
                await socket.hear_version(4)
                assert NAME in str(socket.events)
            before = await stored(connection)
            answer = await one.http.delete("/api/me", headers=bearer(ada))
            assert (answer.status_code, answer.content) == (204, b"")
            async with asyncio.timeout(PATIENCE):
                for socket in (yellow, red, watching):
                    await socket.hear("forgotten", player=ada["player"])
                await is_told_nowhere(NAME, [one, two], game)
            assert (await seats(two, game))["yellow"] == (ada["player"], "Forgotten")
            assert (await seats(two, game))["red"][1] == "Grace"
            assert await stored(connection) == before, "versions, hashes and positions too"
            for api in (one, two):
                async with api.connect(game) as late:
                    await late.hear_version(4)
                    assert NAME not in str(late.heard)
                    assert "Forgotten" in str(late.events)
                assert (await api.http.get(f"/api/players/{ada['player']}")).status_code == 404
                assert (await me(api, ada)).status_code == 401
            record = (await two.http.get(f"/api/games/{game}/record")).json()
            assert verify(record)
            assert record["names"][ada["player"]] == "Forgotten"
            for column in (0, 1):
                mover, other = ((yellow, red), (red, yellow))[column]
                assert (await mover.move(column))["type"] == "accepted"
                await other.hear_version(5 + column)
            for api in (one, two):
                fetched = (await api.http.get(f"/api/games/{game}/events?after=2")).json()
                assert fetched["forgotten"] == [ada["player"]]
                async with api.connect(game, after=2) as back:
                    await back.hear("forgotten", player=ada["player"])
                async with api.connect(game) as late:
                    await late.hear_version(6)
                    assert "forgotten" not in [message["type"] for message in late.heard], "the events say it"
        async with two.seated(game, created["token"]) as back:
            assert (await back.move(0))["type"] == "accepted", "seats go on by their tokens"
    assert NAME not in await everything_stored(connection)


def test_without_redis_a_name_is_gone_within_a_second() -> None:
    assert forgetting.INTERVAL < 1


async def test_lists_show_names_until_they_are_forgotten_and_read_models_hold_none(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async def listed(api: Api) -> str:
        games, log = [await api.http.get(path) for path in ("/api/games", "/api/log?type=PlayerJoined")]
        assert "sealed" not in log.text
        return games.text if games.text.count(NAME) == log.text.count(NAME) else ""

    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada = await become(one)
        await create(one, ada, listed=True)
        async with asyncio.timeout(PATIENCE):
            while NAME not in await listed(two):
                await asyncio.sleep(0.02)
        tables = await everything_stored(connection)
        assert tables.count(NAME) == 1, "in the table of players alone"
        await one.http.delete("/api/me", headers=bearer(ada))
        async with asyncio.timeout(PATIENCE):
            while "Forgotten" not in await listed(two):
                await asyncio.sleep(0.02)
        assert NAME not in await listed(one)
        assert NAME not in await everything_stored(connection)


async def test_forgetting_reaches_the_others_without_redis(database: str) -> None:
    away = "redis://127.0.0.1:1"
    async with (
        serving.in_process(database, away, redis_works=False) as one,
        serving.in_process(database, away, redis_works=False) as two,
    ):
        ada = await become(one)
        game = (await create(one, ada))["game"]
        async with two.connect(game) as watching:
            await watching.hear_version(2)
            await one.http.delete("/api/me", headers=bearer(ada))
            async with asyncio.timeout(PATIENCE):
                await watching.hear("forgotten", player=ada["player"])
                await is_told_nowhere(NAME, [one, two], game)


async def test_redis_says_at_once_who_is_forgotten(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "INTERVAL", 3600)
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada = await become(one)
        game = (await create(one, ada))["game"]
        async with two.connect(game) as watching:
            await watching.hear_version(2)
            await one.http.delete("/api/me", headers=bearer(ada))
            await watching.hear("forgotten", player=ada["player"])


async def test_no_name_goes_through_redis(cluster: Cluster, serve: Serve) -> None:
    async with (
        serve() as api,
        redis.asyncio.Redis.from_url(cluster.redis_url) as client,
        client.pubsub() as listening,
    ):
        ada = await become(api)
        game = (await create(api, ada))["game"]
        await listening.subscribe(f"connect4:{uuid.UUID(game).hex}")
        async with asyncio.timeout(PATIENCE):
            while (confirmed := await listening.get_message(timeout=PATIENCE)) is None:
                pass
        assert confirmed["type"] == "subscribe"
        await join(api, game, await become(api, "Grace"))
        async with asyncio.timeout(PATIENCE):
            async for message in listening.listen():
                if message["type"] == "message" and message["data"].startswith(b"c "):
                    break
    assert b"PlayerJoined" in message["data"]
    assert b"Grace" not in message["data"]


async def test_whom_a_player_was_in_a_single_game_is_forgotten_too(serve: Serve) -> None:
    async with serve() as api:
        ada = await become(api)
        game = (await create(api, ada))["game"]
        await join(api, game, ada)
        assert [name for _, name in (await seats(api, game)).values()] == [NAME] * 2
        await api.http.delete("/api/me", headers=bearer(ada))
        assert [name for _, name in (await seats(api, game)).values()] == ["Forgotten"] * 2


async def test_names_go_along_into_a_rematch_and_are_forgotten_there_too(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada = await become(one)
        created = await create(one, ada)
        game, joined = created["game"], await two.join(created["game"])
        async with one.seated(game, created["token"]) as yellow, two.seated(game, joined["token"]) as red:
            await yellow.ask("resign")
            version = (await yellow.ask("offer_rematch"))["version"]
            await red.hear_version(version)
            await red.ask("accept_rematch", offer=version)
            await red.hear_version(version + 1)
            following = red.events[-1]["data"]["game"]
        async with asyncio.timeout(PATIENCE):
            while (await two.http.get(f"/api/games/{following}")).status_code != 200:
                await asyncio.sleep(0.02)
        assert sorted(await seats(two, following)) == ["red", "yellow"]
        assert (await seats(two, following))["red"] == (ada["player"], NAME)
        async with two.connect(following) as socket:
            assert await socket.authenticate(ada["secret"]) == "red"
            await one.http.delete("/api/me", headers=bearer(ada))
            await socket.hear("forgotten", player=ada["player"])
        async with asyncio.timeout(PATIENCE):
            await is_told_nowhere(NAME, [one, two], following)


async def test_who_was_forgotten_cannot_be_told_from_who_never_was(api: Api) -> None:
    ada = await become(api, "Ada")
    await api.http.delete("/api/me", headers=bearer(ada))
    game = (await api.create())["game"]
    guest = (await seats(api, game))["yellow"][0]
    for path in ("/api/players/{}", "/players/{}"):
        answers = [
            await api.http.get(path.format(player), headers={"accept": "text/html"})
            for player in (ada["player"], guest, str(uuid.uuid4()))
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
    assert "There is no such player</h1>" in answers[0].text


async def test_a_page_says_how_long_a_forgotten_name_can_live_in_backups(serve: Serve) -> None:
    for settings, days in (({"backup_days": 30}, ['"30"']), ({}, [])):
        async with serve(**settings) as api:
            ada = await become(api)
            for path in ("/me", f"/players/{ada['player']}"):
                page = (await api.http.get(path)).text
                assert re.findall('<meta name="backups" content=(".*?")>', page) == days
                assert NAME not in page, "what others keep of a page would outlive the name"


async def test_a_code_of_a_player_who_is_forgotten_opens_nothing(api: Api) -> None:
    ada = await become(api)
    code = (await hand_over(api, ada))["code"]
    await api.http.delete("/api/me", headers=bearer(ada))
    assert (await take_over(api, code)).status_code == 404


async def test_who_joins_on_another_server_while_being_forgotten_leaves_no_name(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        for _ in range(2):
            ada, game = await become(one), (await one.create())["game"]
            await asyncio.gather(
                two.http.post(f"/api/games/{game}/players", headers=bearer(ada)),
                one.http.delete("/api/me", headers=bearer(ada)),
            )
            async with asyncio.timeout(PATIENCE):
                await is_told_nowhere(NAME, [one, two], game)


async def test_who_joins_an_own_game_while_being_forgotten_leaves_no_name(
    serve: Serve, connection: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as api:
        ada = await become(api)
        game = (await create(api, ada))["game"]
        append = Credentials.append

        async def append_late(credentials: Credentials, *args: Any) -> list[RecordedEvent]:
            assert (await api.http.delete("/api/me", headers=bearer(ada))).status_code == 204
            return await append(credentials, *args)

        monkeypatch.setattr(Credentials, "append", append_late)
        await join(api, game, ada)
        await is_told_nowhere(NAME, [api], game)
        assert [name for _, name in (await seats(api, game)).values()] == ["Forgotten"] * 2
        assert NAME not in await everything_stored(connection)
        assert await connection.fetch("SELECT FROM name_keys") == []


async def test_a_key_that_is_made_while_its_owner_is_forgotten_goes_too(
    serve: Serve, database: str, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve() as api:
        ada, game = await become(api), (await api.create())["game"]
        async with connection.transaction():
            guest = uuid.uuid4()
            args = uuid.UUID(game), guest, bytes(32), bytes(32), uuid.UUID(ada["player"])
            await connection.fetch(statement("names/add_seat"), *args)
            forgetting = asyncio.create_task(api.http.delete("/api/me", headers=bearer(ada)))
            async with asyncio.timeout(PATIENCE):
                while not await waits_for_a_lock(database):
                    await asyncio.sleep(0.02)
        assert (await forgetting).status_code == 204
        assert await connection.fetch("SELECT FROM name_keys WHERE player_id = $1", guest) == []
        assert await connection.fetch("SELECT FROM forgotten WHERE player_id = $1", guest)


async def waits_for_a_lock(database: str) -> bool:
    """True if a statement waits for a lock of another."""
    connection = await asyncpg.connect(database)
    waiting = await connection.fetch(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    await connection.close()
    return bool(waiting)


# The operator ---------------------------------------------------------------------------------------------


async def test_an_operator_forgets_whoever_has_an_id(database: str, serve: Serve) -> None:
    def connect4(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "server", "players", "forget", *arguments],
            env={"PATH": os.environ["PATH"], "DATABASE_URL": database},
            cwd=serving.ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada = await become(one)
        game = (await create(one, ada))["game"]
        await one.join(game, NAME)
        guest = (await seats(one, game))["red"][0]
        async with two.connect(game) as watching:
            for player in (ada["player"], guest):
                done = await asyncio.to_thread(connect4, player)
                assert (done.returncode, done.stdout) == (0, f"Forgot {player}.\n")
                await watching.hear("forgotten", player=player)
        async with asyncio.timeout(PATIENCE):
            await is_told_nowhere(NAME, [one, two], game)
        assert (await me(one, ada)).status_code == 401
    nobody = str(uuid.uuid4())
    done = await asyncio.to_thread(connect4, "--json", nobody)
    assert (done.returncode, json.loads(done.stdout)) == (1, {"player": nobody, "forgotten": False})
    assert (await asyncio.to_thread(connect4, "Ada")).returncode == 2


OF_AN_OLDER_RELEASE = """
INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
SELECT $1, number, type, 1, data::jsonb, format('{"command_id": "%1$s", "correlation_id": "%1$s",
    "causation_id": "%1$s", "player": "%2$s", "server": "old"}', $1::uuid, $2::uuid)::jsonb
FROM (VALUES
    (1, 'GameCreated', format('{"created_by": "%s", "rules": {"columns": 7, "rows": 6, "connect": 4},
        "clock": null, "listed": true, "rematch_of": null, "fork_of": null}', $2::uuid)),
    (2, 'PlayerJoined', format('{"seat": "red", "player": "%s", "name": "%s"}', $2::uuid, $3::text))
) AS event (number, type, data)
"""


async def test_a_name_recorded_before_names_were_sealed_is_hidden(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    game, player = uuid.uuid4(), uuid.uuid4()
    await connection.execute(OF_AN_OLDER_RELEASE, game, player, NAME)
    await connection.execute("INSERT INTO credentials VALUES ($1, $2, $3)", game, player, bytes(32))
    async with serve() as api, api.connect(str(game)) as watching:
        assert (await seats(api, str(game)))["red"] == (str(player), NAME)
        await watching.hear_version(2)
        before = await stored(connection)
        assert await connection.fetch(statement("players/forget"), player)
        async with asyncio.timeout(PATIENCE):
            await watching.hear("forgotten", player=str(player))
            while NAME in (await api.http.get(f"/api/games/{game}/events")).text:
                await asyncio.sleep(0.02)
        assert (await seats(api, str(game)))["red"][1] == "Forgotten"
        record = (await api.http.get(f"/api/games/{game}/record")).json()
        assert record["names"] == {str(player): "Forgotten"}
        assert verify(record), "it is what is stored, where this name cannot be removed"
        assert await stored(connection) == before
