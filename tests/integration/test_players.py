"""Players without accounts: a secret, another device, and names that can be forgotten."""

import asyncio
import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import redis.asyncio

from server.delivery import forgetting
from server.game.events import PlayerId
from server.settings import Settings
from server.store import history
from server.store.credentials import Credentials
from server.store.database import Database
from server.store.event_store import RecordedEvent
from server.store.players import Players
from server.store.sql import statement
from server.web import invitation
from tests.conftest import Serve
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE, Api, Json

NAME = "Zoë Ünverwechselbar"
"""A name that no other text contains."""


@pytest.fixture
async def connection(database: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def become(api: Api, name: str = NAME) -> Json:
    answer = await api.http.post("/api/players", json={"name": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(player: Json | str) -> dict[str, str]:
    return {"authorization": f"Bearer {player if isinstance(player, str) else player['secret']}"}


async def create(api: Api, player: Json, **body: Any) -> Json:
    answer = await api.http.post("/api/games", json={"seat": "yellow", **body}, headers=bearer(player))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def join(api: Api, game: str, player: Json, **body: Any) -> Json:
    answer = await api.http.post(f"/api/games/{game}/players", json=body, headers=bearer(player))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def seats(api: Api, game: str) -> dict[str, tuple[str, str]]:
    players = (await api.state(game))["players"]
    return {seat: (player["player"], player["name"]) for seat, player in players.items() if player}


async def me(api: Api, player: Json | str) -> httpx.Response:
    return await api.http.get("/api/me", headers=bearer(player))


# Being somebody -------------------------------------------------------------------------------------------


async def test_a_player_keeps_one_id_and_name_in_all_games(api: Api) -> None:
    ada, grace = await become(api, "Ada"), await become(api, "Grace")
    assert ada.keys() == {"player", "name", "secret"}
    assert len(ada["secret"]) == 43
    for _ in range(2):
        game = (await create(api, ada))["game"]
        await join(api, game, grace)
        assert await seats(api, game) == {
            "yellow": (ada["player"], "Ada"),
            "red": (grace["player"], "Grace"),
        }


async def test_a_name_that_is_given_is_for_that_game_alone(api: Api) -> None:
    ada = await become(api, "Ada")
    game = (await create(api, ada, name="The Countess"))["game"]
    assert (await seats(api, game))["yellow"] == (ada["player"], "The Countess")
    assert (await me(api, ada)).json()["name"] == "Ada"
    assert (await seats(api, (await create(api, ada, name=""))["game"]))["yellow"][1] == "Anonymous"


async def test_a_new_name_is_for_games_to_come(api: Api) -> None:
    ada = await become(api, "Ada")
    before = (await create(api, ada))["game"]
    answer = await api.http.patch("/api/me", json={"name": " Lady\u200b  Ada "}, headers=bearer(ada))
    assert (answer.status_code, answer.json()["name"]) == (200, "Lady Ada"), "cleaned, as any name"
    assert (await seats(api, before))["yellow"][1] == "Ada"
    assert (await seats(api, (await create(api, ada))["game"]))["yellow"][1] == "Lady Ada"


async def test_without_a_player_all_goes_on_as_before(api: Api) -> None:
    game, yellow, _ = await api.start()
    assert [name for _, name in (await seats(api, game)).values()] == ["Ada", "Grace"]
    async with api.seated(game, yellow) as ada:
        assert (await ada.move(3))["type"] == "accepted"
    player = (await seats(api, game))["yellow"][0]
    assert (await api.http.get(f"/api/players/{player}")).status_code == 404, "one of a single game"


@pytest.mark.parametrize(
    "header", ["Bearer " + "A" * 43, "Bearer short", "Basic QQ==", "Bearer", "", "x" * 500]
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/me"), ("POST", "/api/games"), ("POST", "/api/games/{}/players")]
)
async def test_a_wrong_secret_is_refused_and_nothing_is_done(
    api: Api, method: str, path: str, header: str
) -> None:
    game = (await api.create())["game"]
    answer = await api.http.request(method, path.format(game), headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_secret")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (await api.state(game))["version"] == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/me"), ("PATCH", "/api/me"), ("DELETE", "/api/me"), ("POST", "/api/me/handover")],
)
async def test_what_is_for_a_player_only_is_refused_to_others(api: Api, method: str, path: str) -> None:
    answer = await api.http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (401, "player_needed")


async def test_the_profile_is_for_everybody_and_tells_no_secret(api: Api) -> None:
    ada = await become(api, "Ada")
    profile = (await api.http.get(f"/api/players/{ada['player']}")).json()
    assert (profile["player"], profile["name"]) == (ada["player"], "Ada")
    assert ada["secret"] not in str(profile)
    for nobody in (uuid.uuid4(), "x"):
        answer = await api.http.get(f"/api/players/{nobody}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_player")


# Seats ----------------------------------------------------------------------------------------------------


async def test_who_joins_an_own_game_plays_there_as_somebody_of_that_game_alone(api: Api) -> None:
    ada = await become(api, "Ada")
    created = await create(api, ada)
    joined = await join(api, created["game"], ada)
    both = await seats(api, created["game"])
    assert both["yellow"] == (ada["player"], "Ada")
    assert both["red"][0] != ada["player"]
    async with (
        api.seated(created["game"], created["token"]) as yellow,
        api.seated(created["game"], joined["token"]) as red,
    ):
        assert (await yellow.move(0))["type"] == (await red.move(1))["type"] == "accepted"


@pytest.mark.parametrize("sits_there", [False, True])
async def test_an_answer_that_was_lost_can_be_asked_for_again(api: Api, sits_there: bool) -> None:
    ada, grace = await become(api, "Ada"), await become(api, "Grace")
    again = {"id": str(uuid.uuid4()), "token": "t" * 43}
    created = [await create(api, ada, **again) for _ in range(2)]
    assert created[0] == created[1]
    game, joining = created[0]["game"], ada if sits_there else grace
    again = {"id": str(uuid.uuid4()), "token": "u" * 43}
    assert await join(api, game, joining, **again) == await join(api, game, joining, **again)
    assert (await api.state(game))["version"] == 4
    assert ((await seats(api, game))["red"][0] == grace["player"]) is not sits_there


async def test_nobody_takes_both_seats_by_joining_twice_at_once(api: Api) -> None:
    ada = await become(api, "Ada")
    game = (await api.create())["game"]
    path = f"/api/games/{game}/players"
    answers = await asyncio.gather(*(api.http.post(path, headers=bearer(ada)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len({player for player, _ in (await seats(api, game)).values()}) == 2


async def test_a_seat_can_be_taken_with_the_secret_of_who_sits_there(api: Api) -> None:
    ada, eve = await become(api, "Ada"), await become(api, "Eve")
    created = await create(api, ada)
    game = created["game"]
    await join(api, game, eve)
    async with api.connect(game) as socket, api.seated(game, created["token"]) as other:
        assert await socket.authenticate(ada["secret"]) == "yellow"
        assert (await socket.move(3))["type"] == "accepted"
        await other.hear_version(5)
    async with api.connect((await create(api, ada))["game"]) as socket:
        await socket.send(type="authenticate", token=eve["secret"])
        assert await socket.hear_close() == 4401, "a secret of a player who does not sit there"


# Another device -------------------------------------------------------------------------------------------


async def test_a_code_of_somebody_who_is_just_forgotten_is_none(database: str) -> None:
    async with Database.at(database) as store:
        assert await Players(store).hand_over(PlayerId(uuid.uuid4())) is None


async def hand_over(api: Api, player: Json) -> Json:
    answer = await api.http.post("/api/me/handover", headers=bearer(player))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def take_over(api: Api, code: str) -> httpx.Response:
    return await api.http.post("/api/handover", json={"code": code})


async def test_another_device_becomes_that_of_the_same_player_and_both_may_play(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two", root_path="/c4") as two:
        ada = await become(one, "Ada")
        game = (await create(one, ada))["game"]
        handover = await hand_over(two, ada)
        assert handover["url"] == f"/c4/me#handover={handover['code']}"
        other = (await take_over(one, handover["code"])).json()
        assert other == {"player": ada["player"], "name": "Ada", "secret": other["secret"]}
        assert other["secret"] != ada["secret"]
        for device in (ada, other):
            assert (await me(two, device)).json()["player"] == ada["player"]
            async with two.connect(game) as socket:
                assert await socket.authenticate(device["secret"]) == "yellow"


async def test_the_link_and_its_qr_code_are_in_the_answer_and_lead_where_others_find_the_server(
    serve: Serve, connection: "asyncpg.Connection[Any]"
) -> None:
    async with serve(root_path="/c4", forwarded_allow_ips="127.0.0.1") as api:
        ada = await become(api, "Ada")
        proxy = {"x-forwarded-proto": "https", "x-forwarded-host": "game.example"}
        answer = await api.http.post("/api/me/handover", headers=bearer(ada) | proxy)
        handover = answer.json()
        assert handover["link"] == f"https://game.example/c4/me#handover={handover['code']}"
        assert handover["qr"] == invitation.draw(handover["link"]).decode()
        assert answer.headers["cache-control"] == "no-store"
        nowhere = await api.http.post("/api/me/handover", headers=bearer(ada) | {"host": "a b"})
        assert (nowhere.json()["link"], nowhere.json()["qr"]) == (None, None)


async def test_whose_code_it_is_can_be_asked_before_it_is_used(api: Api) -> None:
    ada = await become(api, "Ada")
    code = (await hand_over(api, ada))["code"]

    async def whose(code: str) -> httpx.Response:
        return await api.http.post("/api/handover/player", json={"code": code})

    for _ in range(2):
        assert (await whose(code)).json() == {"player": ada["player"], "name": "Ada"}
    assert (await take_over(api, code)).status_code == 200
    for invalid in (code, "x" * 22):
        answer = await whose(invalid)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_code")


async def test_a_code_is_valid_once_and_the_latest_alone(api: Api) -> None:
    ada = await become(api)
    older, code = (await hand_over(api, ada))["code"], (await hand_over(api, ada))["code"]
    answers = await asyncio.gather(*(take_over(api, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    for invalid in (older, code, "", "x" * 22):
        answer = await take_over(api, invalid)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_code")


async def test_a_code_is_valid_for_ten_minutes(serve: Serve, connection: "asyncpg.Connection[Any]") -> None:
    async with serve() as api:
        ada = await become(api)
        late, soon = timedelta(minutes=10, seconds=1), timedelta(minutes=9, seconds=50)
        for passed, status in ((late, 404), (soon, 200)):
            code = (await hand_over(api, ada))["code"]
            await connection.execute("UPDATE handovers SET expires_at = expires_at - $1::interval", passed)
            asked = await api.http.post("/api/handover/player", json={"code": code})
            assert asked.status_code == status
            assert (await take_over(api, code)).status_code == status


# Secrets --------------------------------------------------------------------------------------------------


async def everything_stored(connection: "asyncpg.Connection[Any]") -> str:
    """All rows of all tables, as text."""
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows: list[object] = []
    for (table,) in tables:
        rows += await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 - the database's own names
    return "\n".join(map(repr, rows))


async def test_a_secret_is_in_no_log_line_no_table_no_event_and_no_frame_of_others(
    serve: Serve, connection: "asyncpg.Connection[Any]", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serve() as api:
        ada = await become(api)
        created = await create(api, ada)
        game = created["game"]
        handover = await hand_over(api, ada)
        other = (await take_over(api, handover["code"])).json()
        async with api.connect(game) as watching, api.connect(game) as socket:
            await socket.authenticate(ada["secret"])
            await join(api, game, await become(api, "Grace"))
            await me(api, "B" * 43)
            await watching.hear_version(4)
            heard = str(watching.heard)
        record = (await api.http.get(f"/api/games/{game}/record")).text
        metrics = (await api.http.get("/metrics")).text
    told = [heard, record, metrics, await everything_stored(connection)]
    # httpx' and websockets' own lines are those of the client.
    told += [
        str(vars(line))
        for line in caplog.records
        if line.name.split(".")[0] in ("server", "uvicorn", "asyncio")
    ]
    for secret in (ada["secret"], other["secret"], handover["code"], created["token"], "B" * 43):
        assert not [text for text in told if secret in text]
    stored = told[3]
    for secret in (ada["secret"], handover["code"]):
        digest = hashlib.sha256(secret.encode()).digest()
        assert (repr(digest)[2:-1] in stored) is (secret == ada["secret"]), "a code that was used is gone"


async def test_guessing_is_limited_by_address(serve: Serve) -> None:
    few = {"secrets_per_minute": 3, "players_per_minute": 1, "handovers_per_minute": 2, "lists_per_minute": 1}
    async with serve(limit_loopback=True, **few) as api:
        ada = await become(api)
        assert (await api.http.post("/api/players")).status_code == 429
        assert [(await me(api, "A" * 43)).status_code for _ in range(3)] == [401] * 3
        refused = await me(api, ada)
        assert refused.status_code == 429, "a right one too: it is not looked at"
        assert int(refused.headers["retry-after"]) >= 1
        assert [(await take_over(api, "x")).status_code for _ in range(3)] == [404, 404, 429]
        assert (await api.http.post("/api/handover/player", json={"code": "x"})).status_code == 429
        assert [(await api.http.get(f"/api/players/{ada['player']}")).status_code for _ in range(2)] == [
            200,
            429,
        ]
        metrics = (await api.http.get("/metrics")).text
    for limit, hits in (("players", 1), ("secrets", 1), ("handovers", 2), ("lists", 1)):
        assert f'limit_hits_total{{limit="{limit}_per_minute"}} {hits}' in metrics


def test_guessing_is_hopeless_by_arithmetic() -> None:
    minutes_to_the_end_of_the_sun = 5e9 * 365 * 24 * 60
    addresses = 2**32
    guesses = addresses * minutes_to_the_end_of_the_sun * Settings().secrets_per_minute
    players = 1e10
    assert guesses * players / 2**256 < 1e-20
    guesses_of_a_code = addresses * 10 * Settings().handovers_per_minute
    assert guesses_of_a_code * 1e6 / 2**128 < 1e-15


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
    """What every call about a game answers, at each server."""
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
