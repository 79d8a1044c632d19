"""Scripts and styles get smaller and do the same, or stay as they are."""

import logging
import re
import sys
from collections.abc import Iterator

import pytest

from server.web import minify as module
from server.web.assets import STATIC
from server.web.link import link
from server.web.minify import CSS, minify
from tests.support.absent import absent


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing was logged before, and the library is looked for again."""
    for cached in (module._library, module._tell):
        cached.cache_clear()
    yield
    module._library.cache_clear()


def test_a_page_s_script_has_short_names() -> None:
    if module._library() is None:
        absent("there is no minifier")
    linked = link(STATIC, "pages/game.js").main
    assert len(minify(linked)) < len(linked) / 2


def test_what_a_module_exports_keeps_its_name() -> None:
    small = minify("const { add } = globalThis.connect4;\nconst sum = add(1, 2);\nexport { sum };\n")
    assert re.search(r"export\{(\w+ as )?sum\}", small)


def test_a_script_for_old_browsers_has_nothing_new_in_it() -> None:
    small = minify((STATIC / "pages/boot.js").read_text())
    assert not re.search(r"=>|`|\?\.|\?\?|\.\.\.|\b(let|const|class|async|await)\b", small)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("text/javascript", "let a = ;\n"), ("text/no-such-type", "a  b")],
    ids=["script", "type"],
)
def test_what_cannot_be_minified_is_sent_as_it_is_and_logged_once(
    caplog: pytest.LogCaptureFixture, kind: str, text: str
) -> None:
    assert [minify(text, kind), minify(text, kind)] == [text, text]
    [record] = caplog.records
    assert record.getMessage() == "cannot minify: sent as it is written"


def test_without_a_minifier_everything_is_sent_as_it_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setitem(sys.modules, "minify", None)
    texts = ["let a = 1;\n", "p {\n}\n"]
    assert [minify(texts[0]), minify(texts[1], CSS)] == texts
    assert len(caplog.records) == 1
