"""The address of this site for others, as a request and the network tell."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from server.net.addresses import is_local, without_brackets
from server.net.origins import DEFAULT_PORTS, parse_host
from server.serving import network
from server.settings import Settings

FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})
"""Headers by which a proxy says that it passes on another's request."""


class Reach(StrEnum):
    """The reason for which an address leads here on this computer alone."""

    ITS_NAME = "name"
    """It has a name that every computer has for itself."""
    ITS_HOST = "host"
    """The server does not listen at others; another HOST would change that."""


@dataclass(frozen=True, slots=True)
class Site:
    """`url` is the address of the start page, without a slash at its end. `in_network` is True where that is
    not the address of the request, which leads here on this computer alone."""

    url: str
    reach: Reach | None = None
    in_network: bool = False


def site_of(request: Request) -> Site:
    """Scheme and host are those of the request, as a trusted proxy forwards them (server/serving/proxies.py).

    Who came by a loopback address is given the machine's address in its network, where the server listens
    there. Raises ValueError where the request names no host.
    """
    name, port = parse_host(request.headers.get("host", ""))
    # A proxy that ends TLS may name its own port 80, which is not where https is.
    where = name if port in (None, *DEFAULT_PORTS.values()) else f"{name}:{port}"
    root_path = request.scope["root_path"]
    url = f"{request.scope['scheme']}://{where}{root_path}"
    if not _is_loopback(name):
        return Site(url)
    settings: Settings = request.state.settings
    if not network.listens_everywhere(settings.host):
        return Site(url, Reach.ITS_HOST)
    # Else it comes out of a container, or through a proxy whose clients need not know this machine's network.
    direct = FORWARDED.isdisjoint(request.headers.keys())
    here = direct and is_local(request.client and request.client.host)
    own = network.own_address(settings.host) if here else None
    if own is None:
        return Site(url, Reach.ITS_NAME)
    return Site(f"http://{own}:{request.scope['server'][1]}{root_path}", in_network=True)


def _is_loopback(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost") or is_local(without_brackets(name))
