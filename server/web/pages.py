"""The pages as they are sent: a document with its styles in it, and one script that has all it needs.

Whatever a page names has its content's hash in its address. So a browser keeps it for good, and parts of two
releases never meet in one page: a server of another release does not know the address.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.web.link import SHARED, Linked, link
from server.web.minify import CSS, minify
from server.web.security import HEADERS

STYLES = re.compile(r'(\s*<link rel="stylesheet" href="/static/[^"]+">)+')
STYLE = re.compile(r'href="/static/([^"]+)"')
BOOT = re.compile(r'<script src="/static/([^"]+)"></script>')
MAIN = re.compile(r'(<script type="module"[^>]* src=")/static/([^"]+)(")')
ICON = re.compile(r'((?:href|src)="/static/)(icons/[\w-]+\.svg)')
PATH = re.compile(r'((?:href|src|content)=")/')
"""The beginning of a path in a document, which the server's mount goes before."""
INDENT = re.compile(r"\n\s*")
TEXT = re.compile(r'(<(\w+)[^>]*\bdata-text="([\w.]+)"[^>]*>)[^<]*(?=</\2>)')
"""An element whose text is an entry of the table of words; see static/views/dom.js, which does the same."""
ATTRIBUTE = re.compile(r'\bdata-(label|placeholder|alt)="([\w.]+)"')
ATTRIBUTES = {"label": "aria-label", "placeholder": "placeholder", "alt": "alt"}
WORDS = "words/*.json"
"""The tables of words from the root, each named by its language. The folders beside them are named after
pages, and have what one page alone says."""
ICONS = "icons/*.svg"
"""The icons that a script may show, from the root."""
PART = re.compile(r"[ ]*<!-- (\w+\.html) -->\n")
"""A line of a document in whose place comes another file of its folder."""
HEAD = "<!-- head -->"
"""The place in a page for what is different in each request."""
POLICY = "content-security-policy"


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A document, the policy for what is inside it, and the files that it names by a hash."""

    document: str
    policy: str
    files: dict[str, bytes]
    language: str
    digest: str
    """Of the document, for entity tags."""


def languages(root: Path) -> list[str]:
    """The languages that there are words in, by their codes."""
    return sorted(path.stem for path in root.glob(WORDS))


def build(root: Path, document: str, mount: str, language: str) -> Page:
    """The page of `document`, such as "pages/game.html", in `language`, where every path begins with `mount`.

    Raises LinkError.
    """
    files: dict[str, bytes] = {}

    def add(path: str, body: str) -> str:
        """The name under which `body` is served, where `path` is its source."""
        name, _, kind = path.rpartition("/")[2].rpartition(".")
        address = f"{name}-{hashlib.sha256(body.encode()).hexdigest()[:12]}.{kind}"
        files[address] = body.encode()
        return address

    inline: list[str] = []

    def styles(found: re.Match[str]) -> str:
        sheets = [(root / name).read_text() for name in STYLE.findall(found.group())]
        inline.append(minify("".join(sheets), CSS))
        return f"\n<style>{inline[-1]}</style>"

    def boot(found: re.Match[str]) -> str:
        inline.append(minify((root / found.group(1)).read_text()))
        return f"<script>{inline[-1]}</script>"

    def main(found: re.Match[str]) -> str:
        before, path, behind = found.groups()
        return f"{before}/static/{add(path, _script(root, path, add))}{behind}"

    def icon(found: re.Match[str]) -> str:
        before, path = found.groups()
        return f"{before}{add(path, (root / path).read_text())}"

    source = root / document
    whole = PART.sub(lambda part: (source.parent / part.group(1)).read_text(), source.read_text())
    page = INDENT.sub("\n", whole)
    page = _worded(page, _words(root, document, language), language)
    page = ICON.sub(icon, MAIN.sub(main, BOOT.sub(boot, STYLES.sub(styles, page))))
    page = PATH.sub(rf"\1{mount}/", page)
    digest = hashlib.sha256(page.encode()).hexdigest()[:24]
    return Page(page, _policy(inline), files, language, digest)


def _script(root: Path, path: str, add: Callable[[str, str], str]) -> str:
    """The page's script, which knows the address of everything that it may load."""
    linked: Linked = link(root, path)
    parts = {f"{name}.js": add(f"{name}.js", minify(body)) for name, body in linked.later.items()}
    for language in languages(root):
        name = WORDS.replace("*", language)
        parts[name] = add(name, _compact(_words(root, path, language)))
    for icon in sorted(root.glob(ICONS)):
        parts[str(icon.relative_to(root))] = add(icon.name, icon.read_text())
    return f"{SHARED}={{parts:{_compact(parts)}}};" + minify(linked.main)


def _worded(page: str, words: dict[str, Any], language: str) -> str:
    """`page` with its words in it, which are there before its script is, and all of them for the script."""

    def entry(path: str) -> str:
        found: Any = words
        for name in path.split("."):
            found = found[name]
        return html.escape(found)

    def attribute(found: re.Match[str]) -> str:
        return f'{found.group()} {ATTRIBUTES[found.group(1)]}="{entry(found.group(2))}"'

    table = _compact(words).replace("</", "<\\/")
    page = TEXT.sub(lambda found: f"{found.group(1)}{entry(found.group(3))}", ATTRIBUTE.sub(attribute, page))
    page = page.replace('<html lang="en">', f'<html lang="{language}">')
    if not MAIN.search(page):
        return page
    block = f'<script type="application/json" id="words" data-language="{language}">{table}</script>'
    return page.replace("</body>", f"{block}\n</body>")


def _words(root: Path, page: str, language: str) -> dict[str, Any]:
    """The words of `page`, a path of its document or script: those of all pages, and its own."""
    table = root / WORDS.replace("*", language)
    own = table.parent / Path(page).stem / table.name
    return {**json.loads(table.read_text()), **(json.loads(own.read_text()) if own.exists() else {})}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _policy(inline: list[str]) -> str:
    """The server's content security policy, and what is inside the document."""
    digests = (base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline)
    sources = " ".join(f"'sha256-{digest}'" for digest in digests)
    return re.sub(r"(script|style)-src 'self'", rf"\1-src 'self' {sources}", HEADERS[POLICY])
