"""Playing now: whoever waits longest is found, by anybody, on any server, once."""

import asyncio
import itertools
import secrets
import uuid
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from server.store import waiting
from tests.conftest import Serve
from tests.support.people import bearer, become
from tests.support.player import PATIENCE, Api, Json

CREATED = timedelta(milliseconds=200)
"""In these tests a creator counts as there for so long without a socket."""


NUMBERS = itertools.count()


@pytest.fixture
def clock() -> Json:
    """A clock that no other test has: a pool of the test's own."""
    return {"initial": 1000 + 2 * next(NUMBERS), "increment": 59}


async def ask(api: Api, clock: Json | None, player: Json | None = None, **body: Any) -> httpx.Response:
    headers = bearer(player) if player else {}
    return await api.http.post("/api/matches", json={"clock": clock, **body}, headers=headers)


async def match(api: Api, clock: Json | None, player: Json | None = None, **body: Any) -> Json:
    answer = await ask(api, clock, player, **body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def client_id() -> Json:
    return {"id": str(uuid.uuid4()), "token": secrets.token_urlsafe(32)}


async def test_two_who_play_now_meet(api: Api, clock: Json) -> None:
    first, second = await match(api, clock, name="Ada"), await match(api, clock, name="Grace")
    assert first.keys() == {"game", "seat", "token", "url", "matched"}
    assert (first["matched"], second["matched"]) == (False, True)
    assert second["game"] == first["game"]
    assert {first["seat"], second["seat"]} == {"yellow", "red"}
    assert first["url"] == f"/games/{first['game']}"
    state = await api.state(first["game"])
    assert state["status"] == "playing"
    assert {player["name"] for player in state["players"].values()} == {"Ada", "Grace"}
    async with api.seated(first["game"], first["token"]) as one, api.seated(first["game"], second["token"]):
        await one.hear_version(4)
        assert one.events[0]["data"]["listed"]


async def test_who_has_waited_longest_comes_first_on_either_server(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        waiting = [(await api.create(listed=True))["game"] for api in (one, two, one)]
        found = [await match(api, None) for api in (two, one, two)]
        assert [answer["game"] for answer in found] == waiting
        assert all(answer["matched"] for answer in found)


async def test_an_answer_that_was_lost_is_given_again(api: Api, clock: Json) -> None:
    ada, grace = client_id(), client_id()
    first = await match(api, clock, **ada)
    assert await match(api, clock, **ada) == first
    second = await match(api, clock, **grace)
    assert second["matched"]
    assert await match(api, clock, **grace) == second
    assert await match(api, clock, **ada) == first
    refused = await ask(api, clock, id=ada["id"], token=secrets.token_urlsafe(32))
    assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")
    assert (await ask(api, clock, id=ada["id"])).status_code == 400
    assert len(await api.log(first["game"])) == 4


async def test_nobody_meets_oneself(api: Api, clock: Json) -> None:
    ada, grace = await become(api, "Ada"), await become(api, "Grace")
    first, again = await match(api, clock, ada), await match(api, clock, ada)
    assert not again["matched"]
    assert again["game"] != first["game"]
    found = await match(api, clock, grace)
    assert found["game"] == first["game"], "the one that has waited longest"


async def test_the_same_opponent_comes_twice_in_a_row_only_where_nobody_else_waits(
    api: Api, clock: Json
) -> None:
    ada, grace, mary = [await become(api, name) for name in ("Ada", "Grace", "Mary")]
    await match(api, clock, ada)
    assert (await match(api, clock, grace))["matched"]
    by_ada, by_mary = await match(api, clock, ada), await match(api, clock, mary, rated=False)
    assert not by_mary["matched"], "she wants no rated game"
    assert (await match(api, clock, grace))["game"] == by_mary["game"]
    again = await match(api, clock, grace)
    assert again["game"] == by_ada["game"], "better than to wait"


async def test_rated_is_what_both_have_a_player_for(api: Api, clock: Json) -> None:
    ada, grace = await become(api, "Ada"), await become(api, "Grace")
    await match(api, clock, ada)
    both = await match(api, clock, grace)
    assert (await api.log(both["game"]))[0]["data"]["rated"]
    await match(api, clock, ada)
    assert (await match(api, clock))["matched"], "without a player one is not passed over"
    await match(api, clock, ada, rated=True)
    assert not (await match(api, clock))["matched"], "she insists"
    assert (await match(api, clock, grace, rated=True))["matched"]
    refused = await ask(api, clock, rated=True)
    assert (refused.status_code, refused.json()["code"]) == (401, "player_needed")


async def test_games_with_another_clock_do_not_fit(api: Api, clock: Json) -> None:
    await match(api, clock)
    other = await match(api, {**clock, "initial": clock["initial"] - 1})
    assert not other["matched"]


async def test_a_listed_game_is_found_and_one_that_was_joined_or_called_off_is_not(
    api: Api, clock: Json
) -> None:
    listed = await api.create(clock=clock, listed=True)
    assert (await match(api, clock))["game"] == listed["game"]
    await api.create(clock=clock)
    joined = await api.create(clock=clock, listed=True)
    await api.join(joined["game"])
    called_off = await match(api, clock)
    assert not called_off["matched"], "an unlisted game is for friends"
    async with api.seated(called_off["game"], called_off["token"]) as ada:
        assert (await ada.ask("abort"))["type"] == "accepted"
    assert not (await match(api, clock))["matched"]


async def test_a_creator_is_there_for_five_seconds_and_then_by_a_socket(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "CREATED", CREATED)
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        away = await match(one, None)
        await asyncio.sleep(CREATED.total_seconds())
        here = await match(two, None)
        assert not here["matched"], "the other is gone"
        async with one.seated(here["game"], here["token"]):
            await until_at(database, 1, here["game"])
            await asyncio.sleep(CREATED.total_seconds())
            assert (await match(two, None))["game"] == here["game"]
        async with two.seated(away["game"], away["token"]) as back:
            await met(one, away["game"])
            await back.hear_version(4)


async def test_whoever_closes_the_page_is_gone(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "CREATED", CREATED)
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        gone = await match(one, None)
        async with two.seated(gone["game"], gone["token"]):
            await until_at(database, 1)
        await until_at(database, 0)
        assert not (await match(one, None))["matched"]


async def test_whoever_closes_one_of_two_tabs_is_there(serve: Serve, database: str) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        seat = await match(one, None)
        async with one.seated(seat["game"], seat["token"]):
            await until_at(database, 1)
            async with two.seated(seat["game"], seat["token"]):
                await until_at(database, 2)
            await until_at(database, 1)
            assert (await match(two, None))["game"] == seat["game"]


async def until_at(database: str, servers: int, game: str | None = None) -> None:
    """Wait until the creator of a game that waits, or of the only one, has a socket at so many servers."""
    connection = await asyncpg.connect(database)
    async with asyncio.timeout(PATIENCE):
        query = """SELECT coalesce(cardinality(string_to_array(process, ' ')), 0) FROM waiting
            WHERE game_id = $1 OR $1 IS NULL"""
        while await connection.fetchval(query, game) != servers:
            await asyncio.sleep(0.02)
    await connection.close()


async def met(api: Api, game: str) -> None:
    """Play now until it is in `game`, and give up each other game that this opens."""
    async with asyncio.timeout(PATIENCE):
        while (found := await match(api, None))["game"] != game:
            await give_up(api, found)


async def give_up(api: Api, seat: Json) -> None:
    async with api.seated(seat["game"], seat["token"]) as socket:
        await socket.ask("abort")


async def test_a_creator_whose_server_died_counts_as_there_for_a_while(
    serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "CREATED", CREATED)
    async with serve(server_name="two") as two:
        async with serve(server_name="one") as one:
            here = await match(one, None)
            socket = one.seated(here["game"], here["token"])
            await socket.__aenter__()
            await until_at(database, 1, here["game"])
            await asyncio.sleep(CREATED.total_seconds())
        found = await match(two, None)
        assert found["game"] == here["game"]


async def test_all_who_press_at_once_are_in_pairs(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        answers = await asyncio.gather(*(match((one, two)[n % 2], None) for n in range(40)))
        games: dict[str, list[Json]] = {}
        for answer in answers:
            games.setdefault(answer["game"], []).append(answer)
        assert len(games) == 20
        for seats in games.values():
            assert sorted(seat["matched"] for seat in seats) == [False, True]
            assert len({seat["seat"] for seat in seats}) == 2
