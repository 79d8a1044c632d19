"""uvicorn as this server wants it: bounded frames, no compression, an end that comes."""

import asyncio
import errno
import gc
import socket
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from server.errors import CannotStart
from server.net.addresses import TrustedProxies, canonical
from server.serving.backlog import Backlog
from server.serving.drain import Drain
from server.serving.http import HttpConnection
from server.serving.proxies import ProxyHeaders
from server.serving.websocket import WebSocketConnection
from server.settings import Settings

MAX_FRAME = 4096
"""The largest frame a socket may send, in bytes; a larger one closes it with 1009."""
SHUTDOWN_TIMEOUT = 3
"""How long what is left after draining may take to end when the server does, in seconds."""
PING_INTERVAL = 5
"""How long after a pong a WebSocket is asked again whether its peer is there, in seconds. One that is gone
without a word, or never answers, is closed within ten, as one that does not read is, and no longer counted as
there. It costs 1 % of a core for 1,000 sockets."""
PING_TIMEOUT = 4
"""How long a pong may take, in seconds: enough for a packet that is lost, and lost once more when resent."""
KEEP_ALIVE = 9
"""How long an HTTP connection may wait for its next request, in seconds: longer than clients keep one (httpx
and HAProxy 5), or it would be closed under a request that is on its way."""
GC_THRESHOLDS = 2_000, 5, 500
"""After how many new objects, and how many lesser looks, the garbage collector looks. All that a middle look
goes through are 10,000 objects: with 200,000, and a thousand connections that were cut off among them,
everybody waited for 140 ms."""
UNACKNOWLEDGED_TIMEOUT = 10_000
"""How long a peer may leave what was sent to it unacknowledged, in milliseconds."""


class Uvicorn(uvicorn.Server):
    """Says where the game is once it can be played, and ends by draining."""

    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there by now stays. The rest is looked through for cycles less often than by default: with
        # thousands of sockets each full look took a tenth of a second, and all of them a tenth of the time.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        for listening in sockets or ():
            print(f"Connect Four is at {address(listening)} (Ctrl-C ends it)", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._drain.run()
        await super().shutdown(sockets)


def bind(settings: Settings) -> socket.socket:
    """The listening socket. Raises CannotStart where the address is not to be had.

    At `::` it listens for IPv4 too, whatever the system's default, and on a machine without IPv6 for IPv4
    alone. Of the addresses of a name it takes the first that this machine has, IPv4 before IPv6.
    """
    if settings.listen_fd is not None:
        return socket.socket(fileno=settings.listen_fd)
    try:
        return _listen_at_first(_addresses(settings.host, settings.port))
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Another program listens at {where}; set PORT to another one.") from None
        raise CannotStart(f"Cannot listen at {where}: {error.strerror}.") from None


_SocketAddress = tuple[socket.AddressFamily, tuple[Any, ...]]
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""Errors that say that this machine does not have an address."""


def _addresses(host: str, port: int) -> list[_SocketAddress]:
    """The addresses of `host`, in the order in which they are tried."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses: list[_SocketAddress] = [(family, at) for family, _, _, _, at in found]
    addresses.sort(key=lambda it: it[0] != socket.AF_INET)
    if any(at[0] == "::" for _, at in addresses):
        addresses.append((socket.AF_INET, ("0.0.0.0", port)))
    return addresses


def _listen_at_first(addresses: list[_SocketAddress]) -> socket.socket:
    for family, at in addresses[:-1]:
        try:
            return _listen(family, at)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
    return _listen(*addresses[-1])


def _listen(family: socket.AddressFamily, at: tuple[Any, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # inherited by every connection: one whose peer is gone ends
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_TIMEOUT)
        listening.bind(at)
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def address(listening: socket.socket) -> str:
    """The URL of what listens there."""
    host, port = listening.getsockname()[:2]
    host = canonical(host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def create_server(app: ASGIApp, settings: Settings, drain: Drain) -> Uvicorn:
    """A server for `app`, to be run on a socket of `bind`."""
    return Uvicorn(
        uvicorn.Config(
            # Only who is named may say for whom it asks; uvicorn's own default believes 127.0.0.1.
            ProxyHeaders(app, TrustedProxies.parse(settings.forwarded_allow_ips or "")),
            proxy_headers=False,
            lifespan="on",
            http=HttpConnection,
            ws=cast(type[asyncio.Protocol], partial(WebSocketConnection, Backlog())),
            ws_max_size=MAX_FRAME,
            ws_per_message_deflate=False,
            ws_ping_interval=PING_INTERVAL,
            ws_ping_timeout=PING_TIMEOUT,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
            server_header=False,
            access_log=False,
            log_config=None,
        ),
        drain,
    )
