"""Ratings over real sockets: who is rated, what profiles and standings show, and the tables, which are the
fold of the log."""

import asyncio
import base64
import contextlib
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from server.projections.ratings import Entry, Kind, Pool, rating_id
from server.store import codec, postgres
from tests.conftest import Serve
from tests.ratings.replay import replay
from tests.support.people import bearer, become, create, join
from tests.support.player import PATIENCE, Api, Json

RANKED = """
INSERT INTO ratings (
    id, kind, pool, rated, moves, player, rating, deviation, volatility, games, history, won, lost, drawn
)
VALUES ($1, 'rating', $2, false, 0, $3, $4, $5, 0.06, 7, '[]', '{}', '{}', '{}')
"""


async def play(one: Api, two: Api, ada: Json, grace: Json, moves: int = 2, **body: Any) -> str:
    """A game that grace resigns after so many moves; returns its id."""
    created = await create(one, ada, **{"listed": True, "rated": True, **body})
    game = str(created["game"])
    joined = await join(two, game, grace)
    async with one.seated(game, created["token"]) as yellow, two.seated(game, joined["token"]) as red:
        for number in range(moves):
            mover, other = ((yellow, red), (red, yellow))[number % 2]
            await mover.move(number)
            await other.hear_version(5 + number)
        assert (await red.ask("resign"))["type"] == "accepted"
    return game


NOTHING = {"won": 0, "lost": 0, "drawn": 0}


async def profile(api: Api, player: Json, games: int) -> Json:
    """The profile of `player`, once it has so many games."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = dict((await api.http.get(f"/api/players/{player['player']}")).json())
            if found["won"] + found["lost"] + found["drawn"] == games:
                return found
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("body", "player", "status", "code"),
    [
        ({"rated": True, "listed": False}, True, 422, "not_rated"),
        ({"rated": True}, True, 422, "not_rated"),
        ({"rated": True, "listed": True, "opponent": "bot:hard"}, True, 422, "not_rated"),
        ({"rated": True, "listed": True}, False, 401, "player_needed"),
    ],
)
async def test_what_cannot_be_rated_is_refused(
    api: Api, body: Json, player: bool, status: int, code: str
) -> None:
    headers = bearer(await become(api)) if player else {}
    answer = await api.http.post("/api/games", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_both_seats_of_a_rated_game_are_of_players_and_of_different_ones(api: Api) -> None:
    ada = await become(api, "Ada")
    game = (await create(api, ada, listed=True, rated=True))["game"]
    path = f"/api/games/{game}/players"
    answers = [await api.http.post(path, headers=headers) for headers in ({}, bearer(ada))]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (401, "player_needed"),
        (409, "already_seated"),
    ]
    await join(api, game, await become(api, "Grace"))


async def test_profiles_show_ratings_and_results_and_the_tables_are_the_fold_of_the_log(
    serve: Serve, database: str
) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada, grace = await become(one, "Ada"), await become(two, "Grace")
        assert await profile(one, ada, 0) | {"joined": None} == {
            "player": ada["player"],
            "name": "Ada",
            "joined": None,
            "ratings": {},
            **NOTHING,
            "as": {"yellow": NOTHING, "red": NOTHING},
        }
        await play(one, two, ada, grace)
        await play(two, one, grace, ada, rated=False)
        await play(one, two, ada, grace, moves=1)
        await play(one, two, ada, grace, rated=False, listed=False)
        shown = await profile(two, ada, 2)
        assert (shown["won"], shown["lost"], shown["drawn"]) == (1, 1, 0)
        assert shown["as"] == {"yellow": NOTHING | {"won": 1}, "red": NOTHING | {"lost": 1}}
        rating = shown["ratings"]["untimed"]
        assert (rating["rating"], rating["deviation"], rating["games"]) == (1662.3, 290.3, 1)
        assert [point["rating"] for point in rating["history"]] == [1662.3]
        assert (await profile(one, grace, 2))["ratings"]["untimed"]["rating"] == 1337.7
        await one.http.delete("/api/me", headers=bearer(ada))
        assert (await profile(one, grace, 2))["ratings"]["untimed"]["rating"] == 1337.7, "it keeps its rating"
        stored = await folded(database)
    assert {row.kind for row in stored.values()} == {Kind.PLAYER, Kind.RATING}


async def folded(database: str) -> dict[UUID, Entry]:
    """The rows, once they are what the log folds to."""
    connection = await asyncpg.connect(database)
    log = await connection.fetch("SELECT * FROM events ORDER BY transaction_id, position")
    expected = replay(codec.upcast(postgres.recorded_event(row, row["hash"])) for row in log)
    decoder, stored = msgspec.json.Decoder(Entry), dict[UUID, Entry]()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while stored != expected:
                rows = await connection.fetch("SELECT to_jsonb(ratings) FROM ratings")
                stored = {row.id: row for (text,) in rows for row in [decoder.decode(text)]}
    await connection.close()
    assert stored == expected
    return stored


async def rated_games(api: Api) -> list[str]:
    """The listed games that are over and were rated."""
    listed = (await api.http.get("/api/games?status=finished")).json()["games"]
    return [entry["game"] for entry in listed if entry["rated"]]


async def test_a_rated_rematch_is_listed_and_rated_too(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada, grace = await become(one, "Ada"), await become(two, "Grace")
        game = await play(one, two, ada, grace)
        async with one.seated(game, ada["secret"]) as yellow, two.seated(game, grace["secret"]) as red:
            offer = (await yellow.ask("offer_rematch"))["version"]
            await red.hear_version(offer)
            assert (await red.ask("accept_rematch", offer=offer))["type"] == "accepted"
            await red.hear_version(offer + 1)
            following = red.events[-1]["data"]["game"]
        async with asyncio.timeout(PATIENCE):
            while (await two.http.get(f"/api/games/{following}")).status_code != 200:
                await asyncio.sleep(0.02)
        assert (await two.state(following))["rated"] is True
        async with (
            one.seated(following, ada["secret"]) as red,
            two.seated(following, grace["secret"]) as yellow,
        ):
            for mover, other, version in ((yellow, red, 5), (red, yellow, 6)):
                await mover.move(0)
                await other.hear_version(version)
            assert (await red.ask("offer_takeback"))["code"] == "not_allowed"
            assert (await red.ask("resign"))["type"] == "accepted"
        found = [await profile(one, player, games=2) for player in (ada, grace)]
        assert [each["ratings"]["untimed"]["games"] for each in found] == [2, 2]
        assert [(each["won"], each["lost"]) for each in found] == [(1, 1), (1, 1)]
        async with asyncio.timeout(PATIENCE):
            while following not in await rated_games(two):
                await asyncio.sleep(0.02)


async def test_standings_rank_those_of_whom_enough_is_known_and_who_was_forgotten_is_gone(
    serve: Serve, database: str
) -> None:
    async with serve() as api:
        async with asyncio.timeout(PATIENCE):
            while (await api.http.get("/api/standings")).status_code != 200:  # until there are tables
                await asyncio.sleep(0.02)
        players = [await become(api, name) for name in ("Ada", "Grace", "Eve", "Unknown", "Elsewhere")]
        figures = [(1500, 90), (1700, 110), (1500, 50), (1900, 110.1), (2000, 50)]
        connection = await asyncpg.connect(database)
        for player, (rating, deviation) in zip(players, figures, strict=True):
            pool = Pool.BLITZ if player["name"] == "Elsewhere" else Pool.UNTIMED
            id = UUID(player["player"])
            await connection.execute(RANKED, rating_id(id, pool), pool, id, rating, deviation)
        await connection.close()

        async def page(**query: Any) -> Json:
            answer = await api.http.get("/api/standings", params=query)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        whole = await page()
        assert (whole["pool"], whole["cursor"]) == ("untimed", None)
        assert [(each["rank"], each["rating"]) for each in whole["standings"]] == [
            (1, 1700),
            (2, 1500),
            (3, 1500),
        ]
        first = await page(limit=2)
        second = await page(limit=2, cursor=first["cursor"])
        assert first["standings"] + second["standings"] == whole["standings"]
        assert second["cursor"] is None
        assert [each["name"] for each in (await page(pool="blitz"))["standings"]] == ["Elsewhere"]
        assert (await page(pool="rapid"))["standings"] == []
        await api.http.delete("/api/me", headers=bearer(players[1]))
        after = await page()
        assert [each["rank"] for each in after["standings"]] == [1, 2]
        assert players[1]["player"] not in str(after)


def cursor(rating: str, rank: str) -> str:
    """The query with a cursor that nobody was given."""
    return "cursor=" + base64.urlsafe_b64encode(f"{rating} {UUID(int=7).hex} {rank}".encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        *(
            "pool=chess",
            "pool=",
            "pool=Blitz",
            "limit=0",
            "limit=101",
            "cursor=x",
            "cursor=",
            "cursor=MSAyIDM=",
        ),
        *(cursor(rating, "3") for rating in ("NaN", "-Infinity", "1e-99999", "1_500", "10000000", "")),
        *(cursor("1500", rank) for rank in ("-3", "1_0", "9" * 30, "")),
    ],
)
async def test_what_standings_do_not_know_is_a_bad_request(api: Api, query: str) -> None:
    answer = await api.http.get(f"/api/standings?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_message")


async def test_a_guest_has_no_profile(api: Api) -> None:
    assert (await api.http.get(f"/api/players/{uuid4()}")).status_code == 404


async def test_a_players_games_are_listed_and_those_that_are_not_for_the_player_alone(serve: Serve) -> None:
    async def listed(api: Api, path: str, player: Json | None = None) -> list[str]:
        answer = await api.http.get(path, headers=bearer(player) if player else {})
        assert answer.status_code == 200, answer.text
        return [entry["game"] for entry in answer.json()["games"]]

    async with serve(server_name="one") as one, serve(server_name="two") as two:
        ada, grace = await become(one, "Ada"), await become(two, "Grace")
        over = await play(one, two, ada, grace)
        waiting = (await create(two, ada, listed=True))["game"]
        hidden = (await create(one, ada))["game"]
        await create(one, grace, listed=True)
        path = f"/api/games?player={ada['player']}"
        async with asyncio.timeout(PATIENCE):
            while await listed(one, path, ada) != [hidden, waiting, over]:
                await asyncio.sleep(0.02)
        assert await listed(two, path) == await listed(two, path, grace) == [waiting, over]
        assert await listed(two, f"{path}&status=finished", ada) == [over]
        page = (await two.http.get(f"{path}&limit=1")).json()
        assert [entry["game"] for entry in page["games"]] == [waiting]
        assert await listed(two, f"{path}&limit=1&cursor={page['cursor']}") == [over]
        assert await listed(two, "/api/me", ada) == [hidden, waiting], "not over"
