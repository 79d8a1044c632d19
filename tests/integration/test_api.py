"""The game over HTTP."""

import asyncio
import json
import secrets
import uuid

import pytest

from tests.integration.test_endings import until_only
from tests.support.player import PATIENCE, Api


async def test_who_creates_a_game_gets_a_seat_a_token_and_an_address(api: Api) -> None:
    answer = await api.http.post("/api/games", json={"name": "Ada", "seat": "red"})
    body = answer.json()
    assert answer.status_code == 201
    assert body.keys() == {"game", "seat", "token", "url"}
    assert body["seat"] == "red"
    assert body["url"] == answer.headers["location"] == f"/games/{body['game']}"
    assert len(body["token"]) >= 43, "256 bits in base64"


async def test_every_key_is_optional_and_a_body_too(api: Api) -> None:
    for body in (b"", b"{}", b'{"clock": null, "opponent": "human"}'):
        answer = await api.http.post("/api/games", content=body)
        assert answer.status_code == 201
        state = await api.state(answer.json()["game"])
        assert state["players"][answer.json()["seat"]]["name"] == "Anonymous"


async def test_random_seats_are_both_given(api: Api) -> None:
    seats = set[str]()
    for _ in range(40):
        seats.add((await api.create(seat="random"))["seat"])
        if len(seats) == 2:
            break
    assert seats == {"yellow", "red"}


async def test_the_second_player_gets_the_other_seat(api: Api) -> None:
    created = await api.create(seat="red")
    joined = await api.join(created["game"])
    assert joined.keys() == {"game", "seat", "token"}
    assert joined["seat"] == "yellow"
    assert joined["token"] != created["token"]
    assert (await api.state(created["game"]))["next"] == "yellow"


async def test_the_third_is_told_that_the_seats_are_taken(api: Api) -> None:
    game, _, _ = await api.start()
    answer = await api.http.post(f"/api/games/{game}/players", json={"name": "Eve"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Both seats are taken; you can watch.",
        "code": "seat_taken",
    }
    assert (await api.state(game))["version"] == 4


async def test_the_state_is_the_fold_of_the_log(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        for player, column in ((ada, 3), (grace, 3), (ada, 2)):
            assert (await player.move(column))["type"] == "accepted"
    state, log = await api.state(game), await api.log(game)
    players = state.pop("players")
    assert state == {
        "game": game,
        "version": 7,
        "status": "playing",
        "next": "red",
        "board": [".......", ".......", ".......", ".......", "...R...", "..YY..."],
        "moves": "443",
        "clock": None,
        "offer": None,
        "rematch": None,
        "fork_of": None,
        "result": None,
        "by": None,
        "cells": [],
        "rated": False,
        "created_at": log[0]["recorded_at"],
        "changed_at": log[-1]["recorded_at"],
    }
    assert {seat: player["name"] for seat, player in players.items()} == {"yellow": "Ada", "red": "Grace"}


async def test_the_state_at_every_version_is_that_of_the_log_up_to_it(api: Api) -> None:
    game, yellow, _ = await api.start()
    async with api.seated(game, yellow) as ada:
        await ada.move(6)
    states = [await api.state(game, at=at) for at in range(6)]
    assert [state["version"] for state in states] == list(range(6))
    assert [state["status"] for state in states] == ["waiting"] * 4 + ["playing"] * 2
    assert [state["moves"] for state in states] == [""] * 5 + ["7"]
    assert states[2]["players"]["red"] is None
    moments = [event["recorded_at"] for event in await api.log(game)]
    assert [state["changed_at"] for state in states] == [None, *moments]
    assert [state["created_at"] for state in states] == [None, *moments[:1] * 5]
    assert states[5] == await api.state(game)


async def test_a_version_that_is_not_there_yet_is_not_found(api: Api) -> None:
    game, _, _ = await api.start()
    answer = await api.http.get(f"/api/games/{game}", params={"at": 5})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_version")


async def test_the_log_can_be_read_from_any_version(api: Api) -> None:
    game, _, _ = await api.start()
    for after in range(6):
        answer = (await api.http.get(f"/api/games/{game}/events", params={"after": after})).json()
        assert (answer["game"], answer["version"]) == (game, 4)
        assert [event["version"] for event in answer["events"]] == list(range(after + 1, 5))


async def test_the_log_can_be_had_one_event_a_line(api: Api) -> None:
    game, _, _ = await api.start()
    answer = await api.http.get(f"/api/games/{game}/events", headers={"accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == await api.log(game)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/games/{}"), ("GET", "/api/games/{}/events"), ("POST", "/api/games/{}/players")],
)
@pytest.mark.parametrize("game", [str(uuid.UUID(int=0)), "nonsense"])
async def test_a_game_that_is_not_there_is_not_found(api: Api, method: str, path: str, game: str) -> None:
    answer = await api.http.request(method, path.format(game))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_game")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_message"),
        (b"[]", 400, "bad_message"),
        (b'{"seat": "blue"}', 400, "bad_message"),
        (b'{"name": 7}', 400, "bad_message"),
        (b"\xff\xfe", 400, "bad_message"),
        (b"[" * 4000, 400, "bad_message"),
        (b'{"name": "' + b"x" * 5000 + b'"}', 413, "too_large"),
        (b'{"clock": {"initial": 9, "increment": 2}}', 400, "bad_message"),
        (b'{"clock": {"initial": 180, "increment": 61}}', 400, "bad_message"),
        (b'{"opponent": "bot:easy", "listed": true, "rated": true}', 422, "not_rated"),
        (b'{"opponent": "bot:perfect"}', 400, "bad_message"),
    ],
)
async def test_a_body_that_cannot_be_used_is_refused_with_a_reason(
    api: Api, body: bytes, status: int, code: str
) -> None:
    answer = await api.http.post("/api/games", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after="])
async def test_a_query_that_is_no_version_is_refused(api: Api, query: str) -> None:
    game, _, _ = await api.start()
    answer = await api.http.get(f"/api/games/{game}/events?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_message")


@pytest.mark.parametrize(("method", "status"), [("DELETE", 405), ("PUT", 405)])
async def test_a_method_that_is_not_there_is_a_problem_too(api: Api, method: str, status: int) -> None:
    answer = await api.http.request(method, "/api/games")
    assert (answer.status_code, answer.json()["code"]) == (status, "method_not_allowed")


async def test_a_server_that_is_ready_says_so_and_names_redis(api: Api) -> None:
    assert (await api.http.get("/healthz")).status_code == 200
    async with asyncio.timeout(PATIENCE):  # it has just stood still, where a test before held up the loop
        while (answer := await api.http.get("/readyz")).json()["redis"] != "up":
            await asyncio.sleep(0.05)
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "postgres": "up", "redis": "up"})


async def test_what_happens_is_counted(api: Api) -> None:
    game, yellow, _ = await api.start()
    async with api.seated(game, yellow) as ada:
        await ada.move(9)
    await until_only(api, sockets=0)
    metrics = (await api.http.get("/metrics")).text
    assert 'connect4_commands_rejected_total{code="no_such_column"} 0.0' not in metrics


@pytest.mark.parametrize("path", ["/", "/games/nonsense", "/static/game/game.js", "/api/games/x", "/nowhere"])
async def test_every_answer_tells_the_browser_what_to_allow(api: Api, path: str) -> None:
    headers = (await api.http.get(path)).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


async def test_an_invitation_is_drawn_for_a_game_that_is_there_at_an_address_that_can_be(
    api: Api,
) -> None:
    game, _, _ = await api.start()
    drawn = await api.http.get(f"/games/{game}/qr.svg")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert b"<svg" in drawn.content
    for name in ("00000000-0000-0000-0000-000000000000", "nonsense"):
        assert (await api.http.get(f"/games/{name}/qr.svg")).status_code == 404
    long = await api.http.get(f"/games/{game}/qr.svg", headers={"host": "x" * 3000})
    assert long.status_code == 400


# A client's own id and token ------------------------------------------------------------------------------


def own(**body: object) -> dict[str, object]:
    """The body of a request with an id and a token of its own."""
    return {"id": str(uuid.uuid4()), "token": secrets.token_urlsafe(32), **body}


async def test_a_lost_answer_to_a_create_can_be_asked_for_again(api: Api) -> None:
    request = own(name="Ada", seat="random")
    answers = [await api.http.post("/api/games", json=request) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    game = answers[0].json()["game"]
    assert (await api.state(game))["version"] == 2
    async with api.connect(game) as socket:
        assert await socket.authenticate(str(request["token"])) == answers[0].json()["seat"]


async def test_a_lost_answer_to_a_join_can_be_asked_for_again(api: Api) -> None:
    created = await api.create(seat="red")
    request, path = own(name="Grace"), f"/api/games/{created['game']}/players"
    answers = [await api.http.post(path, json=request) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201] * 2
    assert answers[0].json() == answers[1].json()
    assert answers[0].json() == {"game": created["game"], "seat": "yellow", "token": request["token"]}
    assert (await api.state(created["game"]))["version"] == 4


async def test_the_same_request_twice_at_once_takes_one_seat(api: Api) -> None:
    request = own()
    both = await asyncio.gather(*(api.http.post("/api/games", json=request) for _ in range(2)))
    assert {answer.status_code for answer in both} == {201}
    assert both[0].json() == both[1].json()


@pytest.mark.parametrize("path", ["/api/games", "/api/games/{game}/players"])
async def test_an_id_belongs_to_the_token_it_came_with(api: Api, path: str) -> None:
    path = path.format(game=(await api.create())["game"])
    request = own()
    assert (await api.http.post(path, json=request)).status_code == 201
    answer = await api.http.post(path, json={**request, "token": secrets.token_urlsafe(32)})
    assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")


@pytest.mark.parametrize(
    "body",
    [
        {"id": str(uuid.uuid4())},
        {"token": "x" * 43},
        {"id": str(uuid.uuid4()), "token": "x" * 42},
        {"id": str(uuid.uuid4()), "token": "=" * 43},
        {"id": "7", "token": "x" * 43},
    ],
)
async def test_an_id_and_a_token_go_together_and_have_their_form(api: Api, body: dict[str, str]) -> None:
    answer = await api.http.post("/api/games", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_message")
