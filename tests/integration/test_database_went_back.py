"""A database that went back to an earlier state: a failover that lost the newest commits, or a restore.

No server shows, or decides on, a history that the database does not have.
"""

import asyncio
import hashlib
import uuid
from zlib import crc32

import asyncpg
import pytest
import rfc8785
import websockets

from tests.conftest import Serve
from tests.support.player import Api, Json

PATIENCE = 60
"""Time limit for everything to agree with the log after the database's return, in seconds."""

REMOVE = "DELETE FROM events WHERE stream_id = $1 AND version > $2"
WENT_BACK = "database went back: a game no longer has events that were recorded"


async def go_back(superuser: asyncpg.Connection, game: str, version: int) -> None:
    """Take away all events of `game` behind `version`, as only a database that went back does."""
    async with superuser.transaction():
        await superuser.execute("ALTER TABLE events DISABLE TRIGGER append_only")
        await superuser.execute(REMOVE, game, version)
        await superuser.execute("ALTER TABLE events ENABLE ALWAYS TRIGGER append_only")


async def five_moves(api: Api, game: str, yellow: str, red: str) -> None:
    """Bring the game to version 9."""
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        for number, column in enumerate((3, 3, 4, 4, 0)):
            mover, other = (grace, ada) if number % 2 else (ada, grace)
            assert (await mover.move(column))["type"] == "accepted"
            await other.hear_version(5 + number)


async def agrees(api: Api, game: str, log: list[Json]) -> None:
    """Every way to ask this server about the game says what the log says."""
    version = log[-1]["version"]
    assert await api.log(game) == log
    assert (await api.state(game))["version"] == version
    assert (await api.http.get(f"/api/games/{game}?at={version + 1}")).status_code == 404
    async with api.connect(game) as socket:
        assert (await socket.hear("welcome"))["version"] == version
        await socket.hear_version(version)
        assert socket.events == log


async def test_a_lost_event_closes_the_sockets_that_were_told_of_it_and_the_game_goes_on(
    serve: Serve, superuser: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(server_name="a") as a, serve(server_name="b") as b:
        game, yellow, red = await a.start()
        async with a.connect(game) as at_a, b.connect(game) as at_b:
            await five_moves(a, game, yellow, red)
            for watching in (at_a, at_b):
                await watching.hear_version(9)
            await go_back(superuser, game, 8)
            async with asyncio.timeout(PATIENCE):
                assert [await watching.hear_close() for watching in (at_a, at_b)] == [4409, 4409]
        log = await a.log(game)
        assert log == at_a.events[:8]
        for api in (a, b):
            await agrees(api, game, log)
        async with a.seated(game, yellow) as ada, b.seated(game, red) as grace:
            assert (await ada.move(5))["version"] == 9
            assert (await grace.move(5))["version"] == 10
            await ada.hear_version(10)
        for api in (a, b):
            await agrees(api, game, [*log, *ada.events[-2:]])
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [(record.message, str(vars(record)["game"])) for record in told] == [(WENT_BACK, game)] * 2, (
        "one a server"
    )


async def test_a_server_that_alone_saw_the_lost_move_decides_on_what_the_others_recorded(
    serve: Serve, superuser: asyncpg.Connection
) -> None:
    """Both versions 9 are moves of yellow. Only their hashes tell them apart."""
    async with serve(server_name="a") as a, serve(server_name="b") as b:
        game, yellow, red = await a.start()
        await five_moves(a, game, yellow, red)
        await go_back(superuser, game, 8)
        async with b.seated(game, yellow) as ada:
            assert (await ada.move(6))["version"] == 9
        # Nobody is connected at a, which holds the other version 9 for the game's last event.
        async with a.seated(game, red) as grace:
            assert (await grace.move(0))["version"] == 10
        state = await a.state(game)
        assert state["moves"] == "4455" + "71"
        assert await b.state(game) == state


async def test_a_socket_that_saw_another_version_9_is_not_told_what_follows_it(
    serve: Serve, superuser: asyncpg.Connection
) -> None:
    async with serve(server_name="a") as a, serve(server_name="b") as b:
        game, yellow, red = await a.start()
        await five_moves(a, game, yellow, red)
        async with a.connect(game) as watching, b.seated(game, red) as grace:
            await watching.hear_version(9)
            await grace.hear_version(9)
            lost = watching.events[-1]
            await go_back(superuser, game, 8)
            async with serve(server_name="c") as c, c.seated(game, yellow) as ada, c.seated(game, red) as eve:
                assert (await ada.move(6))["version"] == 9
                assert (await eve.move(6))["version"] == 10
            async with asyncio.timeout(PATIENCE):
                assert [await socket.hear_close() for socket in (watching, grace)] == [4409, 4409]
        assert watching.events[-1] == lost, "nothing of the other history followed"
        assert await a.log(game) == await b.log(game)


@pytest.mark.parametrize(
    ("after", "last", "close"),
    [
        (8, "its own", None),
        (8, None, None),
        (0, None, None),
        (9, "its own", 4409),
        (9, None, 4409),
        (8, "another", 4409),
        (1000, None, 4409),
    ],
)
async def test_a_client_resumes_only_behind_what_the_log_has(
    serve: Serve, superuser: asyncpg.Connection, after: int, last: str | None, close: int | None
) -> None:
    async with serve() as api:
        game, yellow, red = await api.start()
        await five_moves(api, game, yellow, red)
        log = await api.log(game)
        await go_back(superuser, game, 8)
        id = log[after - 1]["command_id"] if last == "its own" else str(uuid.uuid4())
        async with api.connect(game, after=f"{after}&last={id}" if last else after) as socket:
            if close:
                assert await socket.hear_close() == close
                assert [frame["type"] for frame in socket.heard] == ["welcome"]
            else:
                await socket.authenticate(yellow)
                assert (await socket.move(6))["version"] == 9
                await socket.hear_version(9)
                assert [event["version"] for event in socket.events] == [*range(after + 1, 10)]


@pytest.mark.parametrize("tells", [True, False])
async def test_a_command_at_the_version_that_it_had_before_is_not_the_same_history(
    serve: Serve, superuser: asyncpg.Connection, tells: bool
) -> None:
    async with serve() as api:
        game, yellow, red = await api.start()
        await five_moves(api, game, yellow, red)
        before = [event["command_id"] for event in await api.log(game)]
        await go_back(superuser, game, 7)
        async with api.seated(game, red) as grace, api.seated(game, yellow) as ada:
            await grace.move(6)
            await ada.ask("move", id=before[8], column=5)
            await ada.hear_version(9)
        query = f"9&last={before[8]}"
        if tells:
            query += f"&history={crc32(''.join(before).encode())}"
        async with api.connect(game, after=query) as socket:
            if tells:
                assert await socket.hear_close() == 4409
            else:  # the id alone cannot tell
                await socket.authenticate(yellow)
        after = [event["command_id"] for event in await api.log(game)]
        query = f"9&last={after[8]}&history={crc32(''.join(after).encode())}"
        async with api.connect(game, after=query) as socket:
            await socket.authenticate(yellow)
    assert before[8] == after[8]


@pytest.mark.parametrize("history", ["", "-1", "x", "1.5", "٣", "12345678901"])
async def test_a_history_that_is_no_crc_is_refused(api: Api, history: str) -> None:
    game, *_ = await api.start()
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with api.connect(game, after=f"4&history={history}"):
            pass
    assert refused.value.response.status_code == 400


async def test_a_lost_command_that_is_sent_again_takes_effect_again(
    serve: Serve, superuser: asyncpg.Connection
) -> None:
    async with serve() as api:
        game, yellow, _ = await api.start()
        id = uuid.uuid4()
        async with api.seated(game, yellow) as ada:
            assert (await ada.ask("move", id, column=3))["version"] == 5
        await go_back(superuser, game, 4)
        async with api.seated(game, yellow) as ada:
            assert (await ada.ask("move", id, column=3))["version"] == 5
        assert (await api.log(game))[-1]["command_id"] == str(id)


async def test_a_game_that_is_gone_is_gone_for_everybody(serve: Serve, superuser: asyncpg.Connection) -> None:
    async with serve() as api:
        request = {"id": str(uuid.uuid4()), "token": "t" * 43}
        game = (await api.http.post("/api/games", json=request)).json()["game"]
        async with api.connect(game) as watching:
            await watching.hear_version(2)
            await go_back(superuser, game, 0)
            assert await watching.hear_close() == 4409
        assert (await api.http.get(f"/api/games/{game}")).status_code == 404
        assert (await api.http.post(f"/api/games/{game}/players")).status_code == 404
        async with api.connect(game) as socket:
            assert await socket.hear_close() == 4404
        assert (await api.http.post("/api/games", json=request)).status_code == 201
        assert (await api.state(game))["version"] == 2


async def test_who_was_seated_by_what_is_lost_is_not_seated_and_comes_again_with_the_same_name(
    serve: Serve, superuser: asyncpg.Connection
) -> None:
    async with serve(server_name="a") as a, serve(server_name="b") as b:
        game = (await a.create())["game"]
        request = {"id": str(uuid.uuid4()), "token": "t" * 43, "name": "Grace"}
        players = f"/api/games/{game}/players"
        assert (await a.http.post(players, json=request)).status_code == 201
        async with a.seated(game, request["token"]):
            player = (await b.state(game))["players"]["red"]["player"]
        await go_back(superuser, game, 2)
        await superuser.execute("DELETE FROM name_keys WHERE player_id = $1", player)
        await superuser.execute("DELETE FROM credentials WHERE player_id = $1", player)
        async with a.connect(game) as grace:
            await grace.hear_version(2)
            await grace.send(type="authenticate", token=request["token"])
            assert await grace.hear_close() == 4401
        assert (await a.http.post(players, json=request)).status_code == 201
        for api in (a, b):
            names = [event["data"].get("name") for event in await api.log(game)]
            assert names == [None, "Ada", "Grace", None]


# The record -----------------------------------------------------------------------------------------------


def verify(record: Json) -> list[str]:
    """The hashes of `record`, each computed anew as docs/openapi.yaml says."""
    hashes, before = [], bytes(32)
    for event in record["events"]:
        keys = ("version", "type", "schema_version", "data", "metadata")
        hashed = {"game": record["game"]} | {key: event[key] for key in keys}
        before = hashlib.sha256(before + rfc8785.dumps(hashed)).digest()
        hashes.append(before.hex())
    return hashes


async def test_a_record_can_be_verified_by_anybody(api: Api) -> None:
    game, yellow, red = await api.start()
    await five_moves(api, game, yellow, red)
    record = (await api.http.get(f"/api/games/{game}/record")).json()
    assert (record["format"], record["game"], record["checkpoint"]) == (1, game, None)
    assert [event["hash"] for event in record["events"]] == verify(record)
    assert sorted(record["names"].values()) == ["Ada", "Grace"]
    shown = await api.http.get(f"/api/games/{game}/events", params={"after": 7, "hashes": 1})
    assert [event["hash"] for event in shown.json()["events"]] == verify(record)[7:]
    assert all("hash" not in event for event in await api.log(game))


async def test_events_of_before_there_were_hashes_have_the_same_ones(
    serve: Serve, superuser: asyncpg.Connection
) -> None:
    async with serve() as api:
        game, yellow, red = await api.start()
        await five_moves(api, game, yellow, red)
        record = (await api.http.get(f"/api/games/{game}/record")).json()
        async with superuser.transaction():
            await superuser.execute("ALTER TABLE events DISABLE TRIGGER append_only")
            await superuser.execute("UPDATE events SET hash = NULL WHERE version NOT IN (3, 5)")
            await superuser.execute("ALTER TABLE events ENABLE ALWAYS TRIGGER append_only")
        assert (await api.http.get(f"/api/games/{game}/record")).json() == record
    async with serve() as api:
        async with api.seated(game, red) as grace:
            assert (await grace.move(0))["version"] == 10
        record = (await api.http.get(f"/api/games/{game}/record")).json()
        assert [event["hash"] for event in record["events"]] == verify(record)
