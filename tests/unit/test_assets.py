"""The pages and their parts as they are sent: small, and asked for anew at no cost."""

import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.routing import Router

from server.web.assets import STATIC, Assets, Pages
from server.web.documents import ROUTES
from server.web.folder import LOOK_INTERVAL, Folder
from server.web.minify import minify
from server.web.security import SecurityHeaders

SCRIPT = "// What it is for.\n\nexport const add = (one, other) =>\n  one + other; // a sum\n"
SENT = minify(SCRIPT)


def looked_at_each_time(root: Path) -> Folder:
    """A folder whose clock leaves time for a look between any two questions."""
    return Folder(root, itertools.count().__next__)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    folder.mkdir()
    (tmp_path / "secret").write_text("")
    path = folder / "add.js"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
async def http(script: Path) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(Assets(looked_at_each_time(script.parent)))
    async with AsyncClient(
        transport=transport, base_url="http://test", headers={"accept-encoding": ""}
    ) as client:
        yield client


async def test_a_script_is_sent_minified(http: AsyncClient) -> None:
    answer = await http.get("/add.js")
    assert (answer.status_code, answer.text) == (200, SENT)
    assert "javascript" in answer.headers["content-type"]
    assert "content-encoding" not in answer.headers


async def test_who_takes_gzip_gets_the_same_zipped(http: AsyncClient) -> None:
    plain = await http.get("/add.js")
    zipped = await http.get("/add.js", headers={"accept-encoding": "gzip, br"})
    assert (zipped.headers["content-encoding"], zipped.text) == ("gzip", SENT)
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert {answer.headers["vary"] for answer in (plain, zipped)} == {"accept-encoding"}


@pytest.mark.parametrize("encoding", ["br", "gzip;q=0", "GZIP; Q=0.0, br", "x-gzipped"])
async def test_who_does_not_take_gzip_does_not_get_it(http: AsyncClient, encoding: str) -> None:
    answer = await http.get("/add.js", headers={"accept-encoding": encoding})
    assert "content-encoding" not in answer.headers
    assert answer.text == SENT


@pytest.mark.parametrize("encoding", ["", "gzip", "br;q=0, gzip;q=0.5"])
async def test_only_what_has_changed_is_sent_again(http: AsyncClient, script: Path, encoding: str) -> None:
    replace = script.write_text  # what is done to files here blocks nobody

    async def again(etag: str) -> tuple[int, str]:
        answer = await http.get("/add.js", headers={"accept-encoding": encoding, "if-none-match": etag})
        assert answer.headers["cache-control"] == "no-cache"
        return answer.status_code, answer.text

    etag = (await http.get("/add.js", headers={"accept-encoding": encoding})).headers["etag"]
    assert await again(etag) == (304, "")
    os.utime(script, ns=(0, 0))  # as on another server
    assert await again(etag) == (304, "")
    replace("export const add = null;\n")
    assert await again(etag) == (200, minify("export const add = null;\n"))


@pytest.mark.parametrize("path", ["/", "/other.js", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/a%00b"])
async def test_there_is_nothing_else(http: AsyncClient, path: str) -> None:
    with pytest.raises(Exception, match="404"):  # for the server's exception handlers
        await http.get(path)


PAGES = ("pages/start.html", "pages/game.html")


@pytest.mark.parametrize("document", PAGES)
async def test_a_page_has_its_styles_in_it_and_names_one_script_by_its_hash(document: str) -> None:
    page = await Pages(Folder(STATIC)).get(document, "")
    assert "stylesheet" not in page.document
    [name] = re.findall(r'src="/static/([^"]+\.js)"', page.document)
    assert re.fullmatch(r"\w+-[0-9a-f]{12}\.js", name)
    parts = re.findall(r'"([\w-]+-[0-9a-f]{12}\.\w+)"', page.files[name].decode())
    icons = re.findall(r'(?:src|href)="/static/([^"]+\.svg)"', page.document)
    assert icons
    assert {*parts, *icons} <= page.files.keys()
    inline = [
        text
        for tag in ("style", "script")
        for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page.document, re.S)
    ]
    for text in inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.policy
    assert "unsafe" not in page.policy


async def test_a_page_that_has_not_changed_keeps_its_policy() -> None:
    """A browser puts the headers of a 304 into what it has."""
    http = AsyncClient(transport=ASGITransport(SecurityHeaders(Router(ROUTES))), base_url="http://test")
    first = await http.get("/")
    again = await http.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["content-security-policy"] == again.headers["content-security-policy"]
    assert "sha256" in first.headers["content-security-policy"]


async def test_what_a_page_names_is_kept_for_good_and_never_another_release_s(tmp_path: Path) -> None:
    shutil.copytree(STATIC, tmp_path / "static")
    folder = looked_at_each_time(tmp_path / "static")
    pages = Pages(folder)
    http = AsyncClient(transport=ASGITransport(Assets(folder, pages.files)), base_url="http://test")

    async def script() -> str:
        page = await pages.get("pages/game.html", "")
        [name] = re.findall(r'src="/static/([^"]+\.js)"', page.document)
        return str(name)

    before = await script()
    answer = await http.get(f"/{before}?again=1")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    log = tmp_path / "static/game/log.js"
    await asyncio.to_thread(log.write_text, log.read_text() + "export const more = 'of later';\n")
    after = await script()
    assert after != before
    assert "of later" in (await http.get(f"/{after}")).text
    assert (await http.get(f"/{before}")).text == answer.text, "a page that is open may still ask for it"
    other = Pages(Folder(STATIC))
    await other.get("pages/game.html", "")
    assert after not in other.files


async def test_a_folder_is_not_looked_at_for_each_of_those_who_ask_at_once(script: Path) -> None:
    now = 0.0
    folder = Folder(script.parent, lambda: now)
    before = await folder.look()
    await asyncio.to_thread(script.write_text, "1;\n")
    assert await folder.look() == before
    now += LOOK_INTERVAL
    after = await folder.look()
    assert after != before
    await asyncio.to_thread((script.parent / "new.js").write_text, "")
    now += LOOK_INTERVAL
    assert await folder.look() not in (before, after)


async def test_what_has_not_changed_is_made_once() -> None:
    pages = Pages(Folder(STATIC))
    page = await pages.get("pages/log.html", "")
    assert await pages.get("pages/log.html", "") is page
    assets = Assets(pages.folder, pages.files)
    [name] = [name for name in page.files if name.startswith("log-")][:1]
    for path in (name, "icons/preview.png"):
        scope = {"type": "http", "method": "GET", "headers": []}
        assert await assets.get_response(path, scope) is await assets.get_response(path, scope)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "either way"),
        ({"accept-language": "fr, de-AT;q=0.8, en;q=0.9"}, "either way"),
        ({"accept-language": "fr, de-AT;q=0.9, en;q=0.8"}, "egal"),
        ({"accept-language": "en", "cookie": "connect4_language=de"}, "egal"),
        ({"accept-language": "de", "cookie": "connect4_language=../en"}, "egal"),
    ],
)
async def test_a_page_has_its_words_in_it_in_the_language_that_is_wanted(
    headers: dict[str, str], words: str
) -> None:
    http = AsyncClient(transport=ASGITransport(Router(ROUTES)), base_url="http://test", headers=headers)
    page = (await http.get("/")).text
    assert f">{words}</small>" in page
    assert 'aria-label="' in page
    language = "de" if words == "egal" else "en"
    assert f'<html lang="{language}">' in page
    [table] = re.findall(rf'<script [^>]*data-language="{language}">(.*?)</script>', page, re.DOTALL)
    tables = [STATIC / "words" / part / f"{language}.json" for part in ("", "start")]
    assert json.loads(table) == {
        key: value for each in tables for key, value in json.loads(each.read_text()).items()
    }


async def test_a_page_of_a_server_below_a_path_names_that_path(tmp_path: Path) -> None:
    page = await Pages(Folder(STATIC)).get("pages/game.html", "/four")
    assert '<meta name="mount" content="/four/">' in page.document
    paths = re.findall(r'(?:href|src)="(/[^"]*)"', page.document)
    assert paths
    assert all(path.startswith("/four/") for path in paths)
