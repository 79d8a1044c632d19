"""Codes by which another device becomes that of the same player."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from server.game.events import PlayerId
from server.store.database import Database
from server.store.players import Players
from server.web import invitation
from tests.conftest import Serve
from tests.support.people import bearer, become, create, hand_over, me, take_over
from tests.support.player import Api


async def test_a_code_of_somebody_who_is_just_forgotten_is_none(database: str) -> None:
    async with Database.at(database) as store:
        assert await Players(store).hand_over(PlayerId(uuid.uuid4())) is None


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
