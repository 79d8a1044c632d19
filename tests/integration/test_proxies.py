"""Behind a proxy: whom a request is from, where the server is, and which pages are its own."""

import uuid
from typing import Any

import pytest
import websockets

from server.settings import Settings
from server.web import invitation
from tests.conftest import Serve
from tests.support.player import Api

PUBLIC = {"x-forwarded-proto": "https", "x-forwarded-host": "game.example:443", "host": "10.0.0.1:8000"}
MAPPED = "::ffff:127.0.0.1"
"""Loopback as a socket has it that listens for IPv6 and IPv4."""


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The server's own lines; asyncio has some of its own where the machine is busy."""
    return [vars(record) for record in caplog.records if record.name.startswith("server.")]


async def created(api: Api, forwarded_for: str | None = None) -> int:
    headers = {} if forwarded_for is None else {"x-forwarded-for": forwarded_for}
    return (await api.http.post("/api/games", headers=headers)).status_code


@pytest.mark.parametrize("host", ["::1", MAPPED])
async def test_this_machine_is_exempt_whatever_is_listened_for(serve: Serve, host: str) -> None:
    async with serve(host=host, games_per_minute=1) as api:
        assert [await created(api) for _ in range(3)] == [201, 201, 201]


@pytest.mark.parametrize(
    ("host", "believed"), [(MAPPED, "127.0.0.0/8"), ("127.0.0.1", MAPPED), ("127.0.0.1", "*")]
)
async def test_a_proxy_that_is_believed_says_whose_limit_counts(
    serve: Serve, host: str, believed: str
) -> None:
    async with serve(host=host, games_per_minute=1, forwarded_allow_ips=believed) as api:
        clients = ["192.0.2.7", "::ffff:192.0.2.8", "192.0.2.8", "192.0.2.9, 127.0.0.1", "192.0.2.9:4711"]
        if believed == "*":
            clients[3] = "192.0.2.9, 192.0.2.7"
        assert [await created(api, client) for client in clients] == [201, 201, 429, 201, 429]


async def test_nobody_else_says_whose_limit_counts(serve: Serve) -> None:
    async with serve(games_per_minute=1, limit_loopback=True, forwarded_allow_ips="10.0.0.0/8") as api:
        assert [await created(api, client) for client in ("192.0.2.7", "192.0.2.8")] == [201, 429]


async def test_a_proxy_that_is_not_believed_is_warned_of_once(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as api:
        for _ in range(5):
            await api.http.get("/healthz", headers={"x-forwarded-for": "192.0.2.1"})
        assert logged(caplog) == [], "one client may name itself"
        for number in range(20):
            await api.http.get("/healthz", headers={"x-forwarded-for": f"192.0.2.{number}"})
    [warning] = logged(caplog)
    assert (warning["address"], warning["setting"]) == ("127.0.0.1", "FORWARDED_ALLOW_IPS")
    assert "FORWARDED_ALLOW_IPS" in warning["message"]


async def test_a_proxy_that_is_believed_is_not_warned_of(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(forwarded_allow_ips="127.0.0.1") as api:
        for number in range(20):
            await api.http.get("/healthz", headers={"x-forwarded-for": f"192.0.2.{number}"})
    assert logged(caplog) == []


# Where the server is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "site"),
    [
        ({"forwarded_allow_ips": "127.0.0.1"}, "https://game.example"),
        ({"forwarded_allow_ips": "127.0.0.1", "root_path": "/connect4"}, "https://game.example/connect4"),
        ({}, "http://10.0.0.1:8000"),
    ],
)
async def test_an_invitation_leads_where_players_find_the_server(
    serve: Serve, settings: dict[str, str], site: str
) -> None:
    async with serve(**settings) as api:
        game = (await api.create())["game"]
        drawn = await api.http.get(f"/games/{game}/qr.svg", headers=PUBLIC)
        assert drawn.content == invitation.draw(f"{site}/games/{game}")
        for host in ("", "a b", "game.example/evil"):
            headers = PUBLIC | {"host": host, "x-forwarded-host": host}
            assert (await api.http.get(f"/games/{game}/qr.svg", headers=headers)).status_code == 400


@pytest.mark.parametrize("root_path", ["/play/connect4", "/games", "/ws"])
async def test_a_server_below_a_path_works_whether_or_not_the_proxy_strips_it(
    serve: Serve, root_path: str
) -> None:
    async with serve(root_path=root_path) as api:
        for below in ("", root_path):
            answer = await api.http.post(f"{below}/api/games", json={"seat": "yellow"})
            game, token, url = (answer.json()[key] for key in ("game", "token", "url"))
            assert url == answer.headers["location"] == f"{root_path}/games/{game}"
            for page in (
                "/",
                f"/games/{game}",
                "/static/pages/game.js",
                f"/api/games/{game}/events",
                "/healthz",
            ):
                assert (await api.http.get(below + page)).status_code == 200, below + page
            assert (await api.http.get(f"{below}/api/games/{game}")).json()["game"] == game
            assert (await api.http.get(f"{below}/api/nothing")).status_code == 404
            async with Api(api.url + below, api.http).seated(game, token) as ada:
                assert (await ada.move(3))["code"] == "game_not_started"


async def test_the_path_without_a_slash_at_its_end_leads_to_the_pages(serve: Serve) -> None:
    async with serve(root_path="/connect4") as api:
        answer = await api.http.get("/connect4")
        assert (answer.status_code, answer.headers["location"]) == (307, "/connect4/")


# Whose pages may open sockets ------------------------------------------------------------------------------


async def refusal(api: Api, origin: str, **headers: str) -> int:
    """The status with which a handshake is refused, or 101."""
    try:
        async with api.connect(str(uuid.uuid4()), origin=origin, additional_headers=headers):
            return 101
    except websockets.InvalidStatus as refused:
        return refused.response.status_code


async def allowed(api: Api, origin: str, **headers: str) -> bool:
    """What the server says to a page that asks."""
    answer = await api.http.get("/api/handshake", params={"origin": origin}, headers=headers)
    assert answer.json()["origin"] == origin
    return bool(answer.json()["allowed"])


async def test_a_page_is_our_own_by_the_host_that_a_believed_proxy_forwards(serve: Serve) -> None:
    forwarded = {"x-forwarded-host": "game.example, 10.0.0.1"}
    for believed, status in (("127.0.0.1", 101), (None, 403)):
        async with serve(forwarded_allow_ips=believed) as api:
            assert await refusal(api, "https://game.example", **forwarded) == status
            assert await allowed(api, "https://game.example", **forwarded) is (status == 101)
            assert await refusal(api, "https://evil.example", **forwarded) == 403


async def test_a_refused_origin_is_logged_and_a_page_can_ask_whether_it_is(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    allows = Settings.read({"ALLOWED_ORIGINS": "Game.Example:443/"}).allowed_origins
    async with serve(allowed_origins=allows) as api:
        for origin, status in (("https://game.example", 101), ("https://evil.example", 403)):
            for _ in range(2):
                assert await refusal(api, origin) == status
                assert await allowed(api, origin) is (status == 101)
        host = api.url.removeprefix("http://")
        assert (await api.http.get("/api/handshake")).json() == {
            "allowed": True,
            "origin": None,
            "host": host,
        }
        assert not await allowed(api, "https://\U0001f98a\x10.example")
        foreign = await api.http.get("/api/handshake", headers={"origin": "https://evil.example"})
        assert foreign.json() == {"allowed": False, "origin": "https://evil.example", "host": host}
    [line] = logged(caplog)
    assert (line["origin"], line["host"]) == ("'https://evil.example'", repr(host))
    assert line["setting"] == "ALLOWED_ORIGINS"


async def test_a_page_may_open_sockets_below_a_path_too(serve: Serve) -> None:
    async with serve(root_path="/connect4") as api:
        assert await refusal(api, api.url) == 101
        assert await refusal(Api(f"{api.url}/connect4", api.http), api.url) == 101
