"""The lobby over its socket: what is open, what is played, how many there are, and nothing unlisted."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from server.delivery import forgetting, lobby
from server.delivery.outbox import Outbox
from server.host import embedded
from server.serving import lifecycle, websocket
from server.serving import server as serving_server
from server.sockets import lobby as lobby_sockets
from server.store import waiting
from tests.conftest import Serve
from tests.integration.test_matches import match
from tests.integration.test_playing import YELLOW_WINS, play
from tests.support import serving
from tests.support.conformance import lobby_faults
from tests.support.people import bearer, become
from tests.support.player import PATIENCE, UNHURRIED, Api, Json


class Watcher:
    """A socket to the lobby. `games` is what it shows now; `frames` all that it was told."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self.games: dict[str, Json] = {}
        self.counts: Json = {}
        self.frames: list[Json] = []

    async def hear(self) -> Json:
        """Take in the next frame."""
        frame: Json = json.loads(await self.connection.recv())
        self.frames.append(frame)
        assert lobby_faults(frame) == []
        if frame["type"] == "games":
            self.games |= {entry["game"]: entry for entry in frame["games"]}
            for game in frame["gone"]:
                del self.games[game]
        elif frame["type"] == "counts":
            self.counts = frame
        return frame

    async def until(self, holds: Any) -> None:
        """Hear until `holds()`."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await self.hear()

    def shows(self, game: str, **fields: Any) -> bool:
        return game in self.games and fields.items() <= self.games[game].items()


@contextlib.asynccontextmanager
async def watching(api: Api, **options: Any) -> AsyncIterator[Watcher]:
    """A socket to the lobby that has been told everything."""
    url = f"{api.url.replace('http', 'ws', 1)}/ws/lobby"
    async with websockets.connect(url, **UNHURRIED | options) as connection:
        watcher = Watcher(connection)
        await watcher.until(lambda: watcher.counts)
        assert [frame["type"] for frame in watcher.frames] == ["welcome", "games", "counts"]
        yield watcher


def connect4(database: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of an operator's to its end."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database}
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(
        command, env=environment, cwd=serving.ROOT, capture_output=True, text=True, timeout=60
    )


async def test_a_game_is_shown_from_its_opening_to_its_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lobby, "FINISHED", 0.3)
    async with serve(server_name="one") as one, serve(server_name="two") as two, watching(two) as early:
        assert early.games == {}
        opened = await match(one, {"initial": 180, "increment": 2}, name="Ada")
        game = opened["game"]
        await early.until(lambda: early.shows(game, status="waiting"))
        entry = early.games[game]
        [listed] = (await one.http.get("/api/games")).json()["games"]
        assert entry == listed
        assert entry["players"][opened["seat"]]["name"] == "Ada"
        joined = await match(two, {"initial": 180, "increment": 2}, name="Grace")
        await early.until(lambda: early.shows(game, status="playing"))
        tokens = {opened["seat"]: opened["token"], joined["seat"]: joined["token"]}
        async with (
            one.seated(game, tokens["yellow"]) as yellow,
            two.seated(game, tokens["red"]) as red,
            watching(one) as late,
        ):
            assert late.shows(game, status="playing")
            await play((yellow, red), YELLOW_WINS[:1])
            for watcher in (early, late):
                await watcher.until(lambda watcher=watcher: watcher.shows(game, moves="1"))
                await watcher.until(lambda watcher=watcher: watcher.counts["players"] == 2)
                assert watcher.counts["games"] == 1
            for number, column in enumerate(YELLOW_WINS[1:], 1):
                mover = (yellow, red)[number % 2]
                await mover.hear_version(4 + number)
                await mover.move(int(column) - 1)
            await early.until(lambda: early.shows(game, status="finished"))
            assert early.games[game]["by"] == "four"
            await early.until(lambda: game not in early.games)
        await early.until(lambda: early.counts["players"] == 0)


async def test_an_unlisted_game_is_never_shown(api: Api) -> None:
    async with watching(api) as watcher:
        hidden, _, _ = await api.start()
        private = (await api.create())["game"]
        game, _, _ = await api.start(listed=True)
        await watcher.until(lambda: watcher.shows(game))
        text = json.dumps(watcher.frames)
        assert hidden not in text
        assert private not in text


async def test_an_open_game_is_shown_while_its_creator_is_there(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two, watching(one) as watcher:
        opened = await match(two, None)
        async with two.seated(opened["game"], opened["token"]):
            await watcher.until(lambda: watcher.shows(opened["game"]))
        await watcher.until(lambda: opened["game"] not in watcher.games)
        async with one.seated(opened["game"], opened["token"]) as back:
            await watcher.until(lambda: watcher.shows(opened["game"]))
            await back.ask("abort")
            await watcher.until(lambda: opened["game"] not in watcher.games)


async def test_who_asks_for_it_is_told_who_was_forgotten_and_nothing_else(api: Api) -> None:
    player = await become(api)
    url = f"{api.url.replace('http', 'ws', 1)}/ws/lobby?only="
    async with websockets.connect(f"{url}forgotten", **UNHURRIED) as connection, watching(api) as beside:
        watcher = Watcher(connection)
        opened = await match(api, None, player)
        async with api.seated(opened["game"], opened["token"]):
            await beside.until(lambda: beside.shows(opened["game"]))
        assert (await api.http.delete("/api/me", headers=bearer(player))).status_code == 204
        await watcher.until(lambda: len(watcher.frames) > 1)
        assert [frame["type"] for frame in watcher.frames] == ["welcome", "forgotten"]
        assert watcher.frames[1]["player"] == player["player"]
    with pytest.raises(InvalidStatus) as refused:
        await websockets.connect(f"{url}names", **UNHURRIED)
    assert refused.value.response.status_code == 400


async def test_a_forgotten_name_is_gone_at_once(api: Api) -> None:
    name = "Zoë Ünverwechselbar"
    player = await become(api, name)
    async with watching(api) as watcher:
        opened = await match(api, None, player)
        game, seat = opened["game"], opened["seat"]
        await watcher.until(lambda: watcher.shows(game))
        assert watcher.games[game]["players"][seat]["name"] == name
        assert (await api.http.delete("/api/me", headers=bearer(player))).status_code == 204
        await watcher.until(lambda: watcher.games[game]["players"][seat]["name"] == "Forgotten")
        async with watching(api) as late:
            assert name not in json.dumps(late.frames, ensure_ascii=False)


@pytest.mark.parametrize("by", ["herself", "an operator"])
async def test_a_forgotten_name_is_gone_from_the_lobby_of_every_server(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    name = "Zoë Ünverwechselbar"
    if by == "herself":
        monkeypatch.setattr(forgetting, "INTERVAL", 3600)  # Redis says so at once
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        player = await become(one, name)
        opened = await match(one, None, player)
        game, seat = opened["game"], opened["seat"]
        async with (
            one.seated(game, opened["token"]),
            watching(one) as here,
            watching(two) as there,
        ):
            for watcher in (here, there):
                await watcher.until(lambda watcher=watcher: watcher.shows(game))
            before = here.games[game]
            assert before["players"][seat]["name"] == name
            if by == "herself":
                assert (await one.http.delete("/api/me", headers=bearer(player))).status_code == 204
            else:
                done = await asyncio.to_thread(connect4, database, "players", "forget", player["player"])
                assert done.returncode == 0, done.stderr
            forgotten = {**before["players"], seat: {**before["players"][seat], "name": "Forgotten"}}
            for watcher in (here, there):
                await watcher.until(lambda watcher=watcher: watcher.games[game]["players"] == forgotten)
                assert {"type": "forgotten", "player": player["player"]} in watcher.frames
                assert watcher.games[game]["version"] == before["version"], "the same entry again"
                async with watching(one if watcher is here else two) as late:
                    assert name not in json.dumps(late.frames, ensure_ascii=False)


async def test_who_comes_during_an_outage_of_redis_is_told_all_soon_after_it(
    database: str, tmp_path: Path
) -> None:
    with contextlib.ExitStack() as valkey:
        _, url = valkey.enter_context(embedded.running(tmp_path, database, None))
        async with (
            serving.in_process(database, url, server_name="one") as one,
            serving.in_process(database, url, server_name="two") as two,
        ):
            game, yellow, red = await two.start(listed=True)
            async with two.seated(game, yellow) as ada, two.seated(game, red) as grace:
                valkey.close()
                async with watching(one) as watcher:
                    await watcher.until(lambda: watcher.shows(game, moves=""))
                    await ada.move(3)
                    open_game = (await match(two, None))["game"]
                    with embedded.running(tmp_path, database, None) as (_, again):
                        assert again == url
                        await grace.hear_version(5)
                        await grace.move(3)
                        await watcher.until(lambda: watcher.shows(game, moves="44"))
                        await watcher.until(lambda: watcher.shows(open_game, status="waiting"))
                        await watcher.until(lambda: watcher.counts["players"] == 2)
                        for api in (one, two):
                            async with asyncio.timeout(PATIENCE):
                                while (await api.http.get("/readyz")).json()["redis"] != "up":
                                    await asyncio.sleep(0.02)


async def test_a_full_house_shows_fifty_open_games_and_twelve_that_are_played(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "CREATED", timedelta(minutes=1))
    async with serve(database_connections=6) as api:
        opened = [(await api.create(listed=True))["game"] for _ in range(lobby.OPEN + 2)]
        async with watching(api) as watcher:
            await watcher.until(lambda: set(watcher.games) == set(opened[: lobby.OPEN]))
            await asyncio.gather(*(api.join(game) for game in opened[:14]))
            waiting_still = set(opened[14:])
            full = len(waiting_still) + lobby.PLAYING
            await watcher.until(lambda: waiting_still <= set(watcher.games) and len(watcher.games) == full)
            async with watching(api) as late:
                assert late.games == watcher.games
                assert [entry["game"] for entry in late.frames[1]["games"]][: lobby.OPEN - 12] == opened[14:]


async def test_a_watcher_can_ping_and_nothing_else(api: Api) -> None:
    async with watching(api) as watcher:
        for message in ({"type": "ping", "t": 7}, {"type": "move", "id": None}, {"type": "resign"}):
            await watcher.connection.send(json.dumps(message))
        answers: list[Json] = []
        async with asyncio.timeout(PATIENCE):
            while len(answers) < 3:
                frame = await watcher.hear()
                answers += [frame] if frame["type"] in ("pong", "rejected") else []
        assert answers[0]["t"] == 7
        assert {answer["code"] for answer in answers[1:]} == {"bad_message"}
        with contextlib.suppress(websockets.ConnectionClosed):
            for _ in range(30):
                await watcher.connection.send("nonsense")
            await watcher.until(lambda: False)
        assert watcher.connection.close_code == 1008


@pytest.fixture
def stalled(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set as soon as the buffer of some socket is full."""
    full = asyncio.Event()

    class Watched(websocket.WebSocketConnection):
        def pause_writing(self) -> None:
            super().pause_writing()
            full.set()

    monkeypatch.setattr(serving_server, "WebSocketConnection", Watched)
    return full


async def stop_reading(watcher: Watcher, stalled: asyncio.Event) -> None:
    """Have the watcher's buffer fill up with answers to pings. It may be cut off for that at once."""
    ping = json.dumps({"type": "ping", "t": "x" * 3000})
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(PATIENCE):
            while not stalled.is_set():
                await watcher.connection.send(ping)
                await asyncio.sleep(0)
    assert stalled.is_set()


async def test_a_watcher_that_falls_behind_is_closed_and_others_are_told(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, stalled: asyncio.Event
) -> None:
    monkeypatch.setattr(lifecycle, "STALL_TIMEOUT", 10 * PATIENCE)
    monkeypatch.setattr(lobby_sockets, "Outbox", partial(Outbox, 4))
    async with serve() as api, watching(api) as reading, watching(api, max_queue=1) as behind:
        await stop_reading(behind, stalled)
        for _ in range(3):
            game = (await match(api, None))["game"]
            await reading.until(lambda game=game: reading.shows(game))
            await api.join(game)
            await reading.until(lambda game=game: reading.shows(game, status="playing"))
        with contextlib.suppress(websockets.ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await behind.connection.recv()
        assert (behind.connection.close_code, behind.connection.close_reason) == (1013, "too slow")


@pytest.mark.usefixtures("hurried")
async def test_a_watcher_that_does_not_read_is_cut_off(serve: Serve, stalled: asyncio.Event) -> None:
    async def sockets(api: Api) -> str:
        return (await api.http.get("/metrics")).text.split("\nconnect4_lobby_sockets ")[1].split("\n")[0]

    async with serve() as api, watching(api) as reading, watching(api, max_queue=1) as silent:
        assert await sockets(api) == "2.0"
        await stop_reading(silent, stalled)
        async with asyncio.timeout(PATIENCE):
            while await sockets(api) != "1.0":
                await asyncio.sleep(0.02)
        game = (await match(api, None))["game"]
        await reading.until(lambda: reading.shows(game))
        silent.connection.transport.abort()


async def test_the_lobby_is_for_this_servers_pages(api: Api) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with watching(api, origin=websockets.Origin("https://elsewhere.example")):
            pass
    assert refused.value.response.status_code == 403


async def test_without_redis_the_lobby_is_right_too(serve: Serve, database: str) -> None:
    async with (
        serve() as other,
        serving.in_process(database, "redis://127.0.0.1:1", redis_works=False) as api,
        watching(api) as watcher,
    ):
        game = (await match(other, None))["game"]
        await watcher.until(lambda: watcher.shows(game))
