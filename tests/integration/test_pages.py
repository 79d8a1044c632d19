"""The pages as people, programs and messengers get them: those that are there, and those that are not."""

import asyncio
import gzip
import html
import io
import re

import pytest
from PIL import Image

from server.errors import Problem
from server.game.board import Board, Seat
from server.web import drawing
from server.web.picture import MAX_WAITING, Pictures
from server.web.position import Position
from tests.conftest import Serve
from tests.support.cluster import Cluster
from tests.support.player import Api

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PUBLIC = {"x-forwarded-proto": "https", "x-forwarded-host": "game.example", "x-forwarded-for": "192.0.2.1"}
GONE = "00000000-0000-4000-8000-000000000000"


def head(page: str) -> dict[str, str]:
    """What the head of a page says: its title, and each of its other lines by name."""
    lines = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page)
    [title] = re.findall(r"<title[^>]*>(.*?)</title>", page)
    return {"title": html.unescape(title)} | {name: html.unescape(value) for name, value in lines}


# Addresses that lead nowhere ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nowhere", "There is no such page"),
        ("/games", "There is no such page"),
        ("/games/", "There is no such page"),
        ("/games/nonsense", "There is no such game"),
        ("/games/nonsense/more", "There is no such page"),
        (f"/games/{GONE}", "There is no such game"),
        ("/static/nothing.js", "There is no such page"),
        ("/games/%00", "There is no such game"),
    ],
)
async def test_a_mistyped_address_is_a_page_for_people_and_a_problem_for_programs(
    api: Api, path: str, words: str
) -> None:
    page = await api.http.get(path, headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert head(page.text)["title"] == words
    assert f">{words}</h1>" in page.text
    assert 'href="/"' in page.text
    german = await api.http.get(path, headers={**BROWSER, "accept-language": "de"})
    assert "gibt es nicht</h1>" in german.text
    for accept in ("application/json", "*/*"):
        problem = await api.http.get(path, headers={"accept": accept})
        assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    assert "accept" in page.headers["vary"].split(", ")


async def test_below_api_whatever_is_wrong_is_a_problem_for_browsers_too(api: Api) -> None:
    for path in ("/api/nothing", "/api/games/nonsense", f"/api/games/{GONE}", "/api"):
        answer = await api.http.get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = await api.http.put("/api/games", headers=BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


async def test_a_request_that_a_page_does_not_take_is_told_which_it_does(api: Api) -> None:
    for headers, kind in ((BROWSER, "text/html"), ({}, "application/problem+json")):
        answer = await api.http.post("/", headers=headers)
        assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
        assert answer.headers["content-type"].startswith(kind)


async def test_a_slash_too_many_and_other_ways_to_write_a_game_lead_to_its_page(api: Api) -> None:
    game = (await api.create())["game"]
    for path in (f"/games/{game}/", f"/games/{game}//", f"/games/{game.upper()}", f"/games/{{{game}}}"):
        answer = await api.http.get(f"{path}?watch", headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (308, f"/games/{game}?watch"), path


async def test_head_is_answered_as_get_is_and_without_a_body(api: Api) -> None:
    game = (await api.create())["game"]
    for path in ("/", f"/games/{game}", f"/games/{GONE}", "/nowhere", f"/games/{game}/board.png"):
        whole, alone = [await api.http.request(each, path, headers=BROWSER) for each in ("GET", "HEAD")]
        assert (alone.status_code, alone.content) == (whole.status_code, b"")
        assert alone.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize("root_path", ["/play/connect4", "/games"])
async def test_below_a_path_every_page_that_is_missing_leads_to_the_start_page_there(
    serve: Serve, root_path: str
) -> None:
    async with serve(root_path=root_path) as api:
        game = (await api.create())["game"]
        for below in ("", root_path):
            for path in ("/nowhere", f"/games/{GONE}"):
                page = await api.http.get(below + path, headers=BROWSER)
                assert page.status_code == 404
                assert f'<a class="button primary" href="{root_path}/"' in page.text
            answer = await api.http.get(f"{below}/games/{game}/", headers=BROWSER)
            assert (answer.status_code, answer.headers["location"]) == (308, f"{root_path}/games/{game}")
            assert (await api.http.get(f"{below}/api/nothing", headers=BROWSER)).json()["code"] == "not_found"


# What others show of a link -------------------------------------------------------------------------------


async def test_a_link_says_who_invites_who_plays_whom_and_how_it_ended(api: Api) -> None:
    created = await api.create("yellow", "Ada")
    game = created["game"]

    async def shown(language: str = "") -> tuple[str, str]:
        page = head((await api.http.get(f"/games/{game}", headers={"accept-language": language})).text)
        assert page["title"] == page["og:title"]
        assert page["description"] == page["og:description"]
        assert page["robots"] == "noindex"
        return page["og:title"], page["og:description"]

    title, description = await shown()
    assert title == "Ada invites you to Connect Four"
    assert description.startswith("The red seat is free")
    assert (await shown("de"))[0] == "Ada lädt dich zu Vier gewinnt ein"
    joined = await api.join(game, "Grace")
    title, description = await shown()
    assert (title, description) == (
        "Ada against Grace at Connect Four",
        "The game has begun. Ada moves first.",
    )
    async with api.seated(game, created["token"]) as ada, api.seated(game, joined["token"]) as grace:
        await ada.move(0)
        await grace.hear_version(5)
        assert (await shown())[1] == "After 1 move it is Grace’s turn."
        await grace.ask("resign")
        await grace.hear_version(6)
    title, description = await shown()
    assert (title, description) == ("Ada beat Grace at Connect Four", "Grace resigned. 1 move.")


async def test_a_name_in_a_head_is_text_and_changes_no_direction_beside_it(api: Api) -> None:
    for name, written in (
        ('"><script>{x}', 'content="&quot;&gt;&lt;script&gt;{x} invites you'),
        ("عدا", 'content="\u2068عدا\u2069 invites you'),
        ("", 'content="You are invited to Connect Four"'),
    ):
        created = (await api.http.post("/api/games", json={"name": name})).json()
        page = (await api.http.get(f"/games/{created['game']}")).text
        assert written in page
        assert "<script>{x}" not in page.partition("</head>")[0]


@pytest.mark.parametrize(
    ("settings", "site"),
    [
        ({"forwarded_allow_ips": "127.0.0.1"}, "https://game.example"),
        ({"forwarded_allow_ips": "127.0.0.1", "root_path": "/connect4"}, "https://game.example/connect4"),
    ],
)
async def test_addresses_for_others_are_those_that_others_use(
    serve: Serve, settings: dict[str, str], site: str
) -> None:
    async with serve(**settings) as api:
        game = (await api.create())["game"]
        page = head((await api.http.get(f"/games/{game}", headers=PUBLIC)).text)
        assert page["og:url"] == f"{site}/games/{game}"
        assert page["og:image"] == f"{site}/games/{game}/board.png?version=2"
        start = head((await api.http.get("/", headers=PUBLIC)).text)
        assert (start["og:url"], start["og:image"]) == (f"{site}/", f"{site}/static/icons/preview.png")
        nameless = await api.http.get("/", headers=PUBLIC | {"host": "a b", "x-forwarded-host": "a b"})
        assert nameless.status_code == 200
        assert "og:url" not in head(nameless.text)


async def test_the_picture_of_a_game_shows_the_position(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        for at, column in enumerate((3, 3, 2), 5):
            await (ada if at % 2 else grace).move(column)
            await ada.hear_version(at)
            await grace.hear_version(at)
    answer = await api.http.get(f"/games/{game}/board.png?version=7")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (1200, 630)

    def disc(column: int, row: int) -> object:
        return picture.convert("RGB").getpixel((278 + 92 * column + 46 + 20, 39 + 92 * (5 - row) + 46))

    yellow_disc, red_disc = disc(3, 0), disc(3, 1)
    assert disc(2, 0) == yellow_disc != red_disc
    assert disc(2, 1) == disc(0, 5) not in (yellow_disc, red_disc)
    again = await api.http.get(
        f"/games/{game}/board.png?version=7", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert (await api.http.get(f"/games/{game}/board.png")).content == answer.content
    assert (await api.http.get(f"/games/{game}/board.png?version=6")).content != answer.content
    for path in (f"{GONE}/board.png", "nonsense/board.png", f"{game}/board.png?version=x"):
        assert (await api.http.get(f"/games/{path}")).status_code == 404


async def test_one_position_is_drawn_once_however_many_ask_and_a_crowd_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Position] = []

    def draw(position: Position) -> bytes:
        drawn.append(position)
        return b"picture"

    monkeypatch.setattr(drawing, "draw", draw)
    pictures = Pictures()
    position = Position(Board(), (), (Seat.YELLOW,))
    assert await asyncio.gather(*(pictures.get(position) for _ in range(20))) == [b"picture"] * 20
    assert drawn == [position]
    other = position._replace(shining=(Seat.RED,))
    answers = await asyncio.gather(
        *(pictures.get(other) for _ in range(MAX_WAITING + 1)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [bytes] * MAX_WAITING + [Problem]


async def test_icons_are_where_browsers_look_for_them(api: Api) -> None:
    page = (await api.http.get("/")).text
    for path in [*re.findall(r'<link rel="[^"]*icon"[^>]* href="([^"]+)"', page), "/favicon.ico"]:
        icon = await api.http.get(path)
        assert (icon.status_code, icon.headers["content-type"].partition("/")[0]) == (200, "image")
    [path] = re.findall(r'<link rel="manifest" href="([^"]+)"', page)
    manifest = await api.http.get(path)
    assert manifest.headers["content-type"] == "application/manifest+json"
    for icon in manifest.json()["icons"]:
        answer = await api.http.get(f"/static/{icon['src']}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, icon["type"])
        if icon["type"] == "image/png":
            width, height = Image.open(io.BytesIO(answer.content)).size
            assert icon["sizes"] == f"{width}x{height}"


# What a page costs ----------------------------------------------------------------------------------------


PAGES = 20


async def test_the_page_of_a_game_that_is_cached_costs_no_statement_and_is_not_sent_twice(
    serve: Serve, sent: list[str]
) -> None:
    async with serve() as api:
        created = await api.create()
        path = f"/games/{created['game']}"
        sent.clear()
        first, *_ = [await api.http.get(path) for _ in range(PAGES)]
        assert sent == []
        await api.join(created["game"])
        asked = {"if-none-match": first.headers["etag"]}
        again = await api.http.get(path, headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


async def test_a_page_is_the_same_whether_or_not_it_comes_zipped(api: Api) -> None:
    path = f"/games/{(await api.create())['game']}"
    async with api.http.stream("GET", path, headers={"accept-encoding": "gzip"}) as zipped:
        assert zipped.headers["content-encoding"] == "gzip"
        raw = b"".join([piece async for piece in zipped.aiter_raw()])
    plain = await api.http.get(path, headers={"accept-encoding": "identity"})
    assert gzip.decompress(raw) == plain.content


async def test_a_game_s_page_comes_while_the_database_is_away(
    serve: Serve, cluster: Cluster, database: str
) -> None:
    async with serve() as one, serve() as other:
        path = f"/games/{(await one.create())['game']}"
        name = cluster.name_of(database)
        await cluster.admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await cluster.cut(name)
        page = await other.http.get(path)
        await cluster.admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert (page.status_code, head(page.text)["og:title"]) == (200, "Connect Four")
        assert "og:image" not in head(page.text)
