"""All that the interface offers, tried once: every kind of answer, refusal, frame and end."""

import asyncio
import json
import uuid
from typing import Any

import pytest
import websockets

from server.sockets.session import BAD_MESSAGES
from tests.golden.rules import DRAWN
from tests.support.player import Api, Socket

FULL_COLUMN = "111111"
YELLOW_WINS = FULL_COLUMN + "2323232"
NO_BODIES = [b"{", b"[]", b"null", b'{"name": 7}', b"\xff\xfe"]
NO_MESSAGES: list[str | bytes] = [
    "",
    "hello",
    "[]",
    "null",
    b"\x00",
    '{"t":1}',
    '{"type":"dance"}',
    '{"type":"authenticate"}',
]


async def over_http(api: Api) -> None:
    """Open, join and read games, well and badly."""
    game, _, _ = await api.start()
    nowhere = uuid.uuid4()
    for body in (b"", b"{}", b'{"clock":null,"opponent":"human","listed":false,"colour":"blue"}'):
        await api.http.post("/api/games", content=body)
    for body in (*NO_BODIES, b'{"seat":"blue"}', b'{"seat":"red","clock":{"initial":1}}', b'{"rated":1}'):
        await api.http.post("/api/games", content=body)
    for terms in ((180, 2), (10, 0), (3600, 60), (9, 0), (3601, 0), (60, 61), (60, -1)):
        clocked = {"clock": {"initial": terms[0], "increment": terms[1]}}
        await api.http.post("/api/games", json=clocked)
    for computer in (
        {"opponent": "bot:hard"},
        {"opponent": "bot:easy", "rated": True},
        {"opponent": "bot:x"},
    ):
        await api.http.post("/api/games", json=computer)
    await forks(api)
    for body in (*NO_BODIES, b"", b'{"name":"Ada"}'):
        await api.http.post(f"/api/games/{game}/players", content=body)
    for body in (
        *NO_BODIES,
        b"",
        b'{"rated":1}',
        b'{"rated":true}',
        b'{"clock":{"initial":60,"increment":1}}',
    ):
        await api.http.post("/api/matches", content=body)
    for path in (
        "/api/games",
        "/api/matches",
        f"/api/games/{game}/players",
        f"/api/games/{(await api.create())['game']}/players",
    ):
        await api.http.post(path, json={"name": "x" * 4096})
        own_id = str(uuid.uuid4())
        for token in ("a" * 43, "a" * 43, "b" * 43, "short", None):
            await api.http.post(path, json={"id": own_id, "token": token})
    for id in (nowhere, "nonsense"):
        await api.http.post(f"/api/games/{id}/players")
        for path in (f"/api/games/{id}", f"/api/games/{id}/events"):
            await api.http.get(path)
    for query in ("", "?at=0", "?at=1", "?at=2", "?at=4", "?at=5", "?at=x", "?at=-1", "?at=1.5", "?at="):
        await api.http.get(f"/api/games/{game}{query}")
    for accept in ("*/*", "application/x-ndjson"):
        for query in ("", "?after=0", "?after=3", "?after=99", "?after=x", "?after=1000000000"):
            await api.http.get(f"/api/games/{game}/events{query}", headers={"accept": accept})
    for query in ("?hashes=1", "?hashes=1&after=3", "?hashes=0", "?hashes=x"):
        await api.http.get(f"/api/games/{game}/events{query}")
    for id in (game, nowhere, "nonsense"):
        await api.http.get(f"/api/games/{id}/record")
    await lists(api)
    for query in (
        "",
        "?id=" + game,
        "?type=MoveMade",
        "?after=0-0",
        "?before=9-9",
        "?id=x",
        "?type=",
        "?after=x",
    ):
        await api.http.get(f"/api/log{query}")
    await api.http.get("/api/projections")
    for path in ("/healthz", "/readyz", "/metrics", "/api/handshake", "/nowhere"):
        await api.http.get(path)
    await api.http.delete(f"/api/games/{game}")


async def forks(api: Api) -> None:
    """Go on from positions of a game, well and badly."""
    game, yellow, red = await api.start(listed=True)
    path, own_id = f"/api/games/{game}/forks", str(uuid.uuid4())
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await play(ada, grace, "44")
        for headers in (bearer(yellow), bearer("A" * 43), {}):
            await api.http.post(path, json={"version": 5}, headers=headers)
        await play(ada, grace, "5566")
        await ada.move(6)
    for body in (*NO_BODIES, b"{}", b'{"version":0}', b'{"version":"5"}', b'{"version":99}'):
        await api.http.post(path, content=body)
    await api.http.post(path, json={"version": 5, "name": "x" * 4096})
    for version, more in (
        (5, {"seat": "red"}),
        (6, {"opponent": "bot:easy"}),
        (6, {"rated": True}),
        (12, {}),
    ):
        answer = await api.http.post(path, json={"version": version, **more})
        if answer.status_code == 201:
            await api.state(answer.json()["game"])
            await api.log(answer.json()["game"])
    for token in ("a" * 43, "b" * 43):
        await api.http.post(path, json={"version": 5, "id": own_id, "token": token})
    for id in (uuid.uuid4(), "nonsense"):
        await api.http.post(f"/api/games/{id}/forks", json={"version": 1})
        await api.http.get(f"/api/games/{id}/forks")
    while len((await api.http.get(path)).json().get("games", ())) < 3:
        await asyncio.sleep(0.05)
    for query in ("?limit=1", "?limit=0", "?cursor=nonsense"):
        await api.http.get(f"{path}{query}")


async def lists(api: Api) -> None:
    """Look through all games, well and badly."""
    for _ in range(2):
        await api.http.post("/api/games", json={"listed": True, "name": "Ada"})
    while len((await api.http.get("/api/games")).json().get("games", ())) < 2:
        await asyncio.sleep(0.05)
    cursor = (await api.http.get("/api/games?limit=1")).json()["cursor"]
    for query in (f"limit=1&cursor={cursor}", "limit=100", "status=waiting", "status=playing", "limit=007"):
        await api.http.get(f"/api/games?{query}")
    for status in ("", "over", "WAITING"):
        await api.http.get(f"/api/games?status={status}")
    for limit in ("", "0", "101", "-1", "1.5", "ten", "9" * 30):
        await api.http.get(f"/api/games?limit={limit}")
    for nonsense in ("", "nonsense", "x" * 32, cursor[:-1], f"{cursor}A", f"AA{'.' * 30}"):
        await api.http.get(f"/api/games?cursor={nonsense}")
    await api.http.get(f"/api/games?player={uuid.uuid4()}")
    await api.http.get("/api/games?player=nobody")
    await api.http.get(f"/api/games?player={uuid.uuid4()}", headers=bearer("A" * 43))


async def as_players(api: Api) -> None:
    """Become a player, play with another device, and be forgotten, well and badly."""
    for body in (*NO_BODIES, b""):
        await api.http.post("/api/players", content=body)
    large = {"name": "x" * 4096}
    await api.http.post("/api/players", json=large)
    ada = (await api.http.post("/api/players", json={"name": "Ada"})).json()
    hers, wrong = bearer(ada["secret"]), bearer("A" * 43)
    created = (await api.http.post("/api/games", headers=hers)).json()
    for headers in (wrong, hers, hers):
        await api.http.post("/api/games", headers=headers)
        await api.http.post(f"/api/games/{created['game']}/players", headers=headers)
    for headers in (hers, wrong, {}):
        await api.http.get("/api/me", headers=headers)
        await api.http.post("/api/me/handover", headers=headers)
        for body in (*NO_BODIES, b'{"name":"Lady Ada"}'):
            if headers is hers:
                await api.http.patch("/api/me", content=body, headers=headers)
        await api.http.patch(
            "/api/me", json={"name": "Lady Ada"} if headers is not hers else large, headers=headers
        )
    rated = {"listed": True, "rated": True}
    for headers in ({}, hers):
        for wish in (rated, {"rated": True}):
            await api.http.post("/api/games", json=wish, headers=headers)
    between = (await api.http.post("/api/games", json=rated, headers=hers)).json()["game"]
    for headers in ({}, hers):
        await api.http.post(f"/api/games/{between}/players", headers=headers)
    for query in ("", "?pool=blitz&limit=1", "?pool=chess", "?limit=0", "?cursor=x"):
        await api.http.get(f"/api/standings{query}")
    code = (await api.http.post("/api/me/handover", headers=hers)).json()["code"]
    for body in NO_BODIES:
        for path in ("/api/handover", "/api/handover/player"):
            await api.http.post(path, content=body)
    for tried in (code, "x", "x" * 4096):
        await api.http.post("/api/handover/player", json={"code": tried})
    for tried in (code, code, "x" * 4096):
        await api.http.post("/api/handover", json={"code": tried})
    for id in (ada["player"], uuid.uuid4(), "nonsense"):
        await api.http.get(f"/api/players/{id}")
    async with api.connect(created["game"]) as socket:
        await socket.authenticate(ada["secret"])
        for headers in (hers, hers, {}):
            await api.http.delete("/api/me", headers=headers)
        await socket.hear("forgotten")


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def over_sockets(api: Api) -> None:
    """Play games to each of their ends, and be refused for every reason."""
    game, yellow, red = await api.start()
    async with api.connect(game) as watching, api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await watching.ask("resign")
        await watching.send(type="ping", t={"sent": 17.5})
        await watching.hear("pong")
        await grace.move(0, version=None)
        await ada.move(7)
        await ada.move(0, version=3)
        await ada.move("left")  # type: ignore[arg-type]
        await ada.ask("offer_draw")
        await ada.ask("claim_timeout")
        await ada.ask("claim_abandonment")
        await play(ada, grace, FULL_COLUMN)
        await ada.move(0)
        await play(ada, grace, YELLOW_WINS[len(FULL_COLUMN) :])
        await grace.ask("resign")
        for frame in NO_MESSAGES:
            await watching.send_raw(frame)
            await watching.hear("rejected", code="bad_message")
    async with api.connect(game, after=9) as late:
        await late.hear_version(18)
    for version in range(19):
        await api.state(game, at=version)
    await api.log(game)


async def to_other_ends(api: Api) -> None:
    """A game nobody joined, one given up and one that nobody won."""
    created = await api.create()
    async with api.seated(created["game"], created["token"]) as ada:
        await ada.move(0)
    for columns in ("", DRAWN):
        game, yellow, red = await api.start()
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            await play(ada, grace, columns)
            await grace.ask("resign")
        await api.state(game)


async def with_manners(api: Api) -> None:
    """A game with a clock, in which everything is offered and answered, and its next; and one aborted."""
    game, yellow, red = await api.start(clock={"initial": 180, "increment": 2})
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await play(ada, grace, "12")
        for offer in ("draw", "takeback"):
            version = await accepted(ada, f"offer_{offer}")
            await api.state(game)
            await grace.ask(f"decline_{offer}", offer=version + 1)
            await accepted(grace, f"decline_{offer}", offer=version)
        await ada.ask("abort")
        version = await accepted(grace, "offer_takeback")
        await accepted(ada, "accept_takeback", offer=version)
        await play(grace, ada, "2")
        await ada.ask("claim_timeout")
        version = await accepted(grace, "offer_draw")
        await accepted(ada, "accept_draw", offer=version)
        version = await accepted(ada, "offer_rematch")
        await accepted(grace, "decline_rematch", offer=version)
        version = await accepted(ada, "offer_rematch")
        await accepted(grace, "accept_rematch", offer=version)
        await api.state(game)
        for version in range(1, (await api.state(game))["version"]):
            await api.state(game, at=version)
    created = await api.create()
    async with api.seated(created["game"], created["token"]) as ada:
        await accepted(ada, "abort")
    await api.http.post(f"/api/games/{created['game']}/players")
    await api.state(created["game"])


async def accepted(player: Socket, type: str, **fields: Any) -> int:
    """Give a command that is accepted, and return its version."""
    answer = await player.ask(type, **fields)
    assert answer["type"] == "accepted", answer
    return int(answer["version"])


async def to_closed_doors(api: Api) -> None:
    """Sockets that the server closes, and handshakes that it refuses."""
    game, _, _ = await api.start()
    async with api.connect(game) as socket:
        await socket.send(type="authenticate", token="nonsense")
        await socket.hear_close()
    async with api.connect(game) as socket:
        await socket.send_raw(json.dumps({"type": "ping", "t": "x" * 4096}))
        await socket.hear_close()
    async with api.connect(game) as socket:
        for _ in range(BAD_MESSAGES + 1):
            await socket.send_raw("nonsense")
        await socket.hear_close()
    async with api.connect(str(uuid.uuid4())) as socket:
        await socket.hear_close()
    async with api.connect(game, after=1000) as socket:
        await socket.hear_close()
    with pytest.raises(websockets.InvalidStatus):
        await api.connect(game, after="x").__aenter__()
    with pytest.raises(websockets.InvalidStatus):
        await api.connect(game, origin="https://elsewhere.example").__aenter__()


async def too_fast(api: Api) -> None:
    """More than a server allows that takes one message a second from a socket, has three games a minute, one
    of them against the computer, and one of everything else a minute."""
    game, _, _ = await api.start()
    answers = [await api.http.post("/api/games", json={"opponent": "bot:easy"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 429, 429]
    assert [answer.json()["code"] for answer in answers[1:]] == ["too_many_games", "rate_limited"]
    assert [(await api.http.get("/api/games")).status_code for _ in range(2)] == [200, 429]
    assert (await api.http.get(f"/api/games/{game}/forks")).status_code == 429
    assert (await api.http.post(f"/api/games/{game}/forks", json={"version": 4})).status_code == 429
    for path in ("/api/log", "/api/projections"):
        assert (await api.http.get(path)).status_code == 429
    ada = (await api.http.post("/api/players")).json()
    await api.http.get("/api/me", headers=bearer(ada["secret"]))
    for path in ("/api/handover", "/api/handover/player"):
        await api.http.post(path, json={"code": ""})
    for method, path in (
        ("POST", "/api/players"),
        ("GET", f"/api/players/{ada['player']}"),
        ("GET", "/api/standings"),
        ("GET", "/api/me"),
        ("PATCH", "/api/me"),
        ("DELETE", "/api/me"),
        ("POST", "/api/me/handover"),
        ("POST", "/api/handover"),
        ("POST", "/api/handover/player"),
        ("POST", f"/api/games/{game}/players"),
        ("POST", "/api/matches"),
    ):
        answer = await api.http.request(method, path, headers=bearer(ada["secret"]))
        assert answer.status_code == 429, (method, path)
    async with api.connect(game) as socket:
        for _ in range(4):
            await socket.send(type="ping")
        await socket.hear("rejected", code="rate_limited")
    with pytest.raises(websockets.InvalidStatus):
        await api.connect(game).__aenter__()


async def play(ada: Socket, grace: Socket, columns: str) -> None:
    for number, column in enumerate(columns):
        answer = await (ada, grace)[number % 2].move(int(column) - 1)
        assert answer["type"] == "accepted", answer
