"""The pages and their parts as they are sent: small, and asked for anew at no cost."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from server.web.assets import STATIC, Assets

SCRIPT = "// What it is for.\n\nexport const add = (one, other) =>\n  one + other; // a sum\n"
SENT = "export const add=(one,other)=>one+other;"


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
    transport = ASGITransport(Assets(directory=script.parent))
    async with AsyncClient(
        transport=transport, base_url="http://test", headers={"accept-encoding": ""}
    ) as client:
        yield client


async def test_a_script_is_sent_without_its_comments(http: AsyncClient) -> None:
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
    assert await again(etag) == (200, "export const add=null;")


@pytest.mark.parametrize("path", ["/", "/other.js", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/a%00b"])
async def test_there_is_nothing_else(http: AsyncClient, path: str) -> None:
    with pytest.raises(Exception, match="404"):  # for the server's exception handlers
        await http.get(path)


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda path: path.name)
def test_no_script_has_what_rjsmin_does_not_know(path: Path) -> None:
    """A template literal within another, and a regular expression right behind an arrow."""
    assert not re.search(r"\$\{[^}`]*`|=>\s*/[^/*]", path.read_text())
