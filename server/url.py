"""Takes the URL of a database apart, as hosts hand them out: its password may hold any character.

A password should be percent-encoded, and often is not. So the `@` behind it is looked for: the first one with
nothing but an address behind it.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

_HOST = r"(?:\[[0-9A-Za-z:.%]+\]|[^][@/?#,:\s]*)(?::[0-9]*)?"
_ADDRESS = re.compile(
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<path>[^@?]*))?(?:\?(?P<query>.*))?", re.DOTALL
)
_SCHEME = re.compile(r"([a-z][a-z+-]*)://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in its parts, decoded apart from `hosts`, which may be several. What is empty is None."""

    scheme: str
    user: str | None
    password: str | None = field(repr=False)
    hosts: str
    path: str
    options: dict[str, str] = field(repr=False)
    """The query, without options that are empty; of one that is there twice, the last."""


def names(text: str) -> frozenset[str]:
    """The words in `text`."""
    return frozenset(text.split())


def split(text: str, options: Collection[str]) -> Url | None:
    """The parts of `text`; None where it is no URL of this kind. `options` are those that are known.

    An `@` in the query ends a password, unless all that stands in the query are known options.
    """
    scheme = _SCHEME.match(text)
    if not scheme or not _is_text(unquote(text)):
        return None
    rest = text[scheme.end() :]
    for at in _possible_ends(rest):
        address = _ADDRESS.fullmatch(rest[at + 1 :])
        if not address:
            continue
        pairs = [pair.partition("=") for pair in (address["query"] or "").split("&") if pair]
        if not all(equals for _, equals, _ in pairs):
            continue
        if "@" in (address["query"] or "") and not all(_decoded(name) in options for name, _, _ in pairs):
            continue
        user, _, password = rest[: max(at, 0)].partition(":")
        return Url(
            scheme=scheme[1].lower(),
            user=_decoded(user) or None,
            password=_decoded(password) or None,
            hosts=address["hosts"],
            path=_decoded(address["path"] or ""),
            options={_decoded(name): _decoded(value) for name, _, value in pairs if value},
        )
    return None


def _possible_ends(rest: str) -> Iterator[int]:
    """Where a user and a password may end: nowhere, or at any `@`."""
    yield -1
    for match in re.finditer("@", rest):
        yield match.start()


def _decoded(text: str) -> str:
    """`text` without percent-encoding. A `%` that encodes nothing stands for itself."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # the environment held bytes that are no UTF-8
        return False
    return "\0" not in text
