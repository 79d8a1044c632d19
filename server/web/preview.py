"""The words that are shown for a link to a game: messengers and search engines read them in a page's head."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from server.game.board import Seat
from server.game.events import Result
from server.game.state import Game, Status
from server.store.names import NO_NAME
from server.web.assets import STATIC

WORDS = STATIC / "words"
LOCALES = {"en": "en_GB", "de": "de_DE"}
WIDTH, HEIGHT = 1200, 630
"""Size of the picture, in pixels: what services ask for that show links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The words for a link. `alt` is said of the picture."""

    title: str
    description: str
    alt: str


def of_site(words: Mapping[str, Any]) -> Preview:
    """The site's own words."""
    return Preview(title=words["title"], description=words["tagline"], alt=words["title"])


def of_page(page: str, words: Mapping[str, Any]) -> Preview:
    """A page of the site that has words of its own, such as "log"."""
    table = words["preview"][page]
    return Preview(title=table["title"], description=table["description"], alt=words["title"])


def of_game(game: Game, words: Mapping[str, Any]) -> Preview:
    """The inviter, the players and how it stands, or how it ended. `words` are those of `words_of`."""
    table = words["preview"]
    names = {
        seat: _isolated(joined.name) if (joined := game.player_at(seat)) else words["seat"][seat]
        for seat in Seat
    }
    moves = len(game.columns)
    discs = {"yellow": (moves + 1) // 2, "red": moves // 2}
    alt = table["picture"].format(**discs) if moves else words["boardEmpty"]
    if game.status is Status.FINISHED and game.finish:
        won = Seat.RED if game.result is Result.PLAYER_TWO_WON else Seat.YELLOW
        both = {"won": names[won], "lost": names[won.other]}
        title = table["drew" if game.result is Result.TIED else "beat"].format(**both)
        if game.result is None:
            title = words["aborted"]
        by = words["by"].get(game.finish.by, "").format(loser=both["lost"])
        description = f"{by} {_plural(table['moves'], moves)}".strip()
    elif game.status is Status.PLAYING:
        title = table["against"].format(yellow=names[Seat.YELLOW], red=names[Seat.RED])
        name = names[game.next or Seat.YELLOW]
        description = _plural(table["turn"], moves, name=name) if moves else table["first"].format(name=name)
    else:
        host = next(iter(game.players), None)
        named = host is not None and host.name != NO_NAME
        title = table["invites"].format(name=names[host.seat]) if host and named else table["invited"]
        description = table["seatFree"][game.free_seat or Seat.RED]
    return Preview(title=title, description=description, alt=alt)


def head(preview: Preview, *, url: str | None, picture: str | None, language: str) -> str:
    """The lines for a page's head. `url` and `picture` are absolute addresses."""
    named = {"description": preview.description}
    shown = {
        "og:type": "website",
        "og:site_name": words_of(language)["title"],
        "og:locale": LOCALES.get(language, language),
        "og:title": preview.title,
        "og:description": preview.description,
    }
    if url:
        shown["og:url"] = url
    if picture:
        named["twitter:card"] = "summary_large_image"
        shown |= {
            "og:image": picture,
            "og:image:type": "image/png",
            "og:image:width": str(WIDTH),
            "og:image:height": str(HEIGHT),
            "og:image:alt": preview.alt,
        }
    lines = [f"<title>{escape(preview.title)}</title>"]
    lines += [f'<meta name="{key}" content="{escape(value)}">' for key, value in named.items()]
    lines += [f'<meta property="{key}" content="{escape(value)}">' for key, value in shown.items()]
    return "\n".join(lines)


@cache
def words_of(language: str) -> Mapping[str, Any]:
    """The words of the pages, with those of previews as `preview`."""
    table, preview = (WORDS / f"{language}.json", WORDS / "preview" / f"{language}.json")
    return {**json.loads(table.read_text("utf-8")), "preview": json.loads(preview.read_text("utf-8"))}


def _plural(forms: Mapping[str, str], n: int, **names: str) -> str:
    return forms["one" if n == 1 else "other"].format(n=n, **names)


def _isolated(name: str) -> str:
    """`name`, kept from changing the direction of what is beside it where it is written from the right."""
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in name):
        return f"\u2068{name}\u2069"
    return name
