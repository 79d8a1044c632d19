"""The pages as they are sent: a document with its styles in it, and one script that has all it needs.

Whatever a page names has its content's hash in its address. So a browser keeps it for good, and parts of two
releases never meet in one page: a server of another release does not know the address.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.web.link import SHARED, Linked, link
from server.web.minify import minify
from server.web.security import HEADERS

STYLES = re.compile(r'(\s*<link rel="stylesheet" href="/static/[^"]+">)+')
STYLE = re.compile(r'href="/static/([^"]+)"')
BOOT = re.compile(r'<script src="/static/([^"]+)"></script>')
MAIN = re.compile(r'(<script type="module"[^>]* src=")/static/([^"]+)(")')
PATH = re.compile(r'((?:href|src|content)=")/')
"""The beginning of a path in a document, which the server's mount goes before."""
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INDENT = re.compile(r"\n\s*")
FETCHED = "words/*.json"
"""Files that scripts fetch, from the root."""
POLICY = "content-security-policy"


@dataclass(frozen=True, slots=True)
class Page:
    """A document, the policy for what is inside it, and the files that it names by a hash."""

    document: str
    policy: str
    files: dict[str, bytes]


def build(root: Path, document: str, mount: str) -> Page:
    """The page of `document`, such as "pages/game.html", where every path of the server begins with `mount`.

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
        inline.append(INDENT.sub("\n", CSS_COMMENT.sub("", "".join(sheets))).strip())
        return f"\n<style>{inline[-1]}</style>"

    def boot(found: re.Match[str]) -> str:
        inline.append(minify((root / found.group(1)).read_text()))
        return f"<script>{inline[-1]}</script>"

    def main(found: re.Match[str]) -> str:
        before, path, behind = found.groups()
        return f"{before}/static/{add(path, _script(root, path, add))}{behind}"

    page = INDENT.sub("\n", (root / document).read_text())
    page = MAIN.sub(main, BOOT.sub(boot, STYLES.sub(styles, page)))
    return Page(PATH.sub(rf"\1{mount}/", page), _policy(inline), files)


def _script(root: Path, path: str, add: Callable[[str, str], str]) -> str:
    """The page's script, which knows the address of everything that it may load."""
    linked: Linked = link(root, path)
    parts = {f"{name}.js": add(f"{name}.js", minify(body)) for name, body in linked.later.items()}
    for fetched in sorted(root.glob(FETCHED)):
        words = json.dumps(json.loads(fetched.read_text()), ensure_ascii=False, separators=(",", ":"))
        parts[str(fetched.relative_to(root))] = add(fetched.name, words)
    return f"{SHARED}={{parts:{json.dumps(parts, separators=(',', ':'))}}};" + minify(linked.main)


def _policy(inline: list[str]) -> str:
    """The server's content security policy, and what is inside the document."""
    digests = (base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline)
    sources = " ".join(f"'sha256-{digest}'" for digest in digests)
    return re.sub(r"(script|style)-src 'self'", rf"\1-src 'self' {sources}", HEADERS[POLICY])
