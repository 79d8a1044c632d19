"""Players without accounts: who they are, where they sit, and that their secrets are kept."""

import asyncio
import hashlib
import logging
import uuid
from typing import Any

import asyncpg
import pytest

from server.settings import Settings
from tests.conftest import Serve
from tests.support.people import (
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
from tests.support.player import Api

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


# Secrets --------------------------------------------------------------------------------------------------


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
