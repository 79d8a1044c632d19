"""A rolling upgrade: servers of the release before and of this one on the same database and Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import release
from tests.support.cluster import Cluster
from tests.support.player import Api, Json, client
from tests.support.read_side import read_side
from tests.support.serving import command


@pytest.fixture(scope="module")
def release_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.unpack(tmp_path_factory.mktemp("release"))


@contextlib.asynccontextmanager
async def running(environment: dict[str, str], folder: Path = release.ROOT) -> AsyncIterator[Api]:
    """A server process of the release in `folder`."""
    with command(environment, folder) as server:
        await asyncio.to_thread(server.wait_for_address)
        async with client(server.url) as http:
            yield Api(server.url, http)
        assert await asyncio.to_thread(server.end) == 0
        assert "Traceback" not in server.output


async def test_a_game_is_played_on_both_releases_while_the_newer_is_rolled_out_and_back(
    cluster: Cluster, release_before: Path
) -> None:
    async with cluster.database(template="template0") as name:
        environment = {"PORT": "0", "DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        async with running(environment, release_before) as old:
            game, yellow, red = await old.start()
            await play(game, yellow, red, old, old, "12")
            async with running(environment) as new:  # migrates
                await play(game, yellow, red, old, new, "34")
                await play(game, yellow, red, new, old, "56")
                await play(game, yellow, red, new, new, "71")
                other, _, _ = await new.start()
                async with running(environment, release_before) as back:  # an old server that starts by now
                    await play(game, yellow, red, back, new, "23")
                    there, here = await back.state(other), await new.state(other)
                    assert names_in(here) == ["Ada", "Grace"]
                    assert names_in(there) == ["Anonymous"] * 2, "it cannot open them"
                    await same_state(other, back, new)
                    await refuse_a_clock(old, new)
            await play(game, yellow, red, old, old, "45")
            log = await old.log(game)
            assert log[0]["data"]["listed"], "the older release records this of every game"
        assert [event["version"] for event in log] == [*range(1, 17)]
        async with running(environment) as new:
            assert await new.log(game) == log
            await play(game, yellow, red, new, new, "67")
            await folds(cluster.url_of(name), new, [])


async def test_what_is_played_on_the_release_before_is_in_the_lists_of_this_one(
    cluster: Cluster, release_before: Path
) -> None:
    async with cluster.database() as name:
        environment = {"PORT": "0", "DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        async with running(environment, release_before) as old, running(environment) as new:
            await old.start()
            answer = (await new.http.post("/api/games", json={"listed": True, "seat": "yellow"})).json()
            game, red = answer["game"], (await old.join(answer["game"]))["token"]
            await play(game, answer["token"], red, old, old, "34")
            [entry] = await folds(cluster.url_of(name), new, [game])
            assert entry["moves"] == "34"


async def folds(database_url: str, api: Api, listed: list[str]) -> list[Json]:
    """Wait until the read model is as the log, and return what is listed, which are these games."""
    async with read_side(database_url) as side:
        await side.agree()
    entries: list[Json] = (await api.http.get("/api/games")).json()["games"]
    assert [entry["game"] for entry in entries] == listed
    return entries


def names_in(state: Json) -> list[str]:
    return [player["name"] for player in state["players"].values()]


async def play(game: str, yellow: str, red: str, at_yellow: Api, at_red: Api, columns: str) -> None:
    """One move each, at the servers where they play. Everybody hears both, at each server."""
    version = (await at_yellow.state(game))["version"]
    async with (
        at_yellow.seated(game, yellow) as ada,
        at_red.seated(game, red) as grace,
        at_yellow.connect(game, after=version) as watching,
    ):
        for mover, other, column in ((ada, grace, columns[0]), (grace, ada, columns[1])):
            version += 1
            assert (await mover.move(int(column) - 1))["type"] == "accepted"
            await other.hear_version(version)
        await watching.hear_version(version)
        assert [event["version"] for event in watching.events] == [version - 1, version]
    await same_state(game, at_yellow, at_red)


async def same_state(game: str, *apis: Api) -> None:
    """The servers show the same of the game, as far as both know."""
    first, second = [await api.state(game) for api in apis]
    known = first.keys() & second.keys()  # and names that are sealed are known to one alone
    known -= {"players"} if first["players"] != second["players"] else set()
    assert {key: first[key] for key in known} == {key: second[key] for key in known}


async def refuse_a_clock(old: Api, new: Api) -> None:
    """An older server shows a game with a clock, and decides nothing in it."""
    game, yellow, red = await new.start(clock={"initial": 180, "increment": 2})
    async with (
        old.seated(game, yellow) as ada,
        new.seated(game, red) as grace,
        new.seated(game, yellow) as same,
    ):
        assert (await ada.move(0))["code"] == "unavailable"
        assert (await same.move(0))["type"] == "accepted"
        assert (await grace.move(0))["type"] == "accepted"
        await ada.hear_version(6)
        assert (await ada.ask("resign"))["code"] == "unavailable"
    await same_state(game, old, new)
