"""Web origins (RFC 6454) and the hosts of requests: one text for each of them, and their comparison."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}

CACHE_SIZE = 1024
"""Cache size, in names: the same ones come with every request."""

_NEVER_A_PAGE = {"ws", "wss", "ftp", "file"}
"""Schemes with a host of which no page is."""
_ORIGIN = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>[^/?#@\\]+)/?", re.IGNORECASE)
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:\[\]]+)(?::(?P<port>[0-9]{0,5}))?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_MAX_NAME = 253
"""The longest name of a host, in characters (RFC 1035)."""


@lru_cache(CACHE_SIZE)
def parse_host(text: str) -> tuple[str, int | None]:
    """The name and the port of a Host header. The name is in lower case, in Punycode where it has other than
    ASCII letters, with no dot at its end. Raises ValueError."""
    found = _HOST.fullmatch(text)
    if found is None:
        raise ValueError(text)
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port <= 65535:
        raise ValueError(text)
    return _name(found["name"]), port


@lru_cache(CACHE_SIZE)
def parse_origin(text: str) -> str:
    """An origin in the form in which browsers send it, with no port where it is the scheme's own. A slash at
    its end is passed over. Raises ValueError, also where there is no scheme."""
    [origin] = _origins(text)
    return origin


def parse_origins(text: str) -> frozenset[str]:
    """Origins separated by commas; one without a scheme is that of http and of https. Raises ValueError."""
    items = (item.strip() for item in text.split(","))
    origins = frozenset(origin for item in items if item for origin in _origins(item))
    if "https://null" in origins:
        raise ValueError(text)  # the origin of pages that have none
    return origins


def is_own(origin: str, host: str) -> bool:
    """True if a page of `origin`, as `parse_origin` gives it, is of the server that a Host header names.

    The scheme of the request is not known, because a proxy ends TLS, and may name its own port 80 in Host. So
    the default port of either scheme in Host is the default port of the origin's.
    """
    scheme, _, rest = origin.partition("://")
    default = DEFAULT_PORTS.get(scheme)
    if default is None:
        return False
    name, port = parse_host(rest)
    try:
        own_name, own_port = parse_host(host)
    except ValueError:
        return False
    port = port or default
    same_port = port == (own_port or default) or (port == default and own_port in DEFAULT_PORTS.values())
    return name == own_name and same_port


def _origins(text: str) -> list[str]:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    name, port = parse_host(found["host"])
    schemes = [found["scheme"].lower()] if found["scheme"] else list(DEFAULT_PORTS)
    if not _NEVER_A_PAGE.isdisjoint(schemes):
        raise ValueError(text)
    return [
        f"{scheme}://{name}" if port in (None, DEFAULT_PORTS.get(scheme)) else f"{scheme}://{name}:{port}"
        for scheme in schemes
    ]


def _name(text: str) -> str:
    if text.startswith("["):
        return f"[{IPv6Address(text[1:-1])}]"
    name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    name = name.lower().removesuffix(".")
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise ValueError(text)
    if name.rpartition(".")[2].isdigit():
        return str(IPv4Address(name))
    return name
