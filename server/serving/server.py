"""uvicorn with the settings of this server: bounded frames, no compression, a shutdown that drains."""

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
from server.serving import network
from server.serving.backlog import Backlog
from server.serving.drain import Drain
from server.serving.homes import Homes
from server.serving.http import HttpConnection
from server.serving.proxies import ProxyHeaders
from server.serving.websocket import WebSocketConnection
from server.settings import Settings

MAX_FRAME = 4096
"""The size of the largest message that a socket may send, in bytes; a larger one closes it with 1009."""
SHUTDOWN_TIMEOUT = 3
"""The longest that what is left after draining may take to end, in seconds."""
PING_INTERVAL = 3
"""The time from a pong to the next ping of a WebSocket, in seconds. With PING_TIMEOUT it comes to ten: a peer
that is gone without a word is closed within that time, and no longer counted as there."""
PING_TIMEOUT = 7
"""The longest that a pong may take, in seconds. A link of 2.5 seconds each way has 2 to spare, for a packet
that is lost."""
GC_THRESHOLDS = 2_000, 5, 500
"""The thresholds of the garbage collector's generations, in new objects, and in collections of the generation
before. A collection of the middle one goes through 10,000 objects at most. With 200,000, and a thousand
connections among them that were cut off at once, everybody waited for 140 ms."""
UNACKNOWLEDGED_TIMEOUT = 10_000
"""The longest that a peer may leave what was sent to it unacknowledged, in milliseconds."""


class Uvicorn(uvicorn.Server):
    """A server that prints its address once it serves, and drains before it shuts down."""

    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._homes.listen(self._take_over)
        # What exists by now is never garbage. The rest is collected less often than by default: with
        # thousands of sockets a full collection took a tenth of a second, all of them a tenth of all time.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        for listening in sockets or ():
            print(f"Connect Four is at {places(listening)} (Ctrl-C ends it)", flush=True)

    async def on_tick(self, counter: int) -> bool:
        if services := self.lifespan.state.get("services"):
            services.metrics.beat()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self._homes.end_listening()
        await self._drain.run()
        await super().shutdown(sockets)
        self._homes.close()

    @property
    def _homes(self) -> Homes:
        homes: Homes = self.lifespan.state.get("homes") or Homes()
        return homes

    def _take_over(self, connection: socket.socket, received: bytes) -> None:
        """Serve a connection that another worker has passed on."""
        task = asyncio.get_running_loop().create_task(self._serve_on(connection, received))
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    async def _serve_on(self, connection: socket.socket, received: bytes) -> None:
        protocol = HttpConnection(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            received=received,
        )
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection)
        except OSError:  # its peer has gone meanwhile
            connection.close()
        else:
            protocol.begin()


def bind(settings: Settings) -> socket.socket:
    """A socket that listens at the address of `settings`. Raises CannotStart.

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
    # Only where the protocol is named does asyncio set TCP_NODELAY for connections; uvloop does it always.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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


def places(listening: socket.socket) -> str:
    """The URLs by which what listens there is found: on this machine, and in its network."""
    host, port = listening.getsockname()[:2]
    if not network.listens_everywhere(host):
        return address(listening)
    here, own = f"http://127.0.0.1:{port}", network.own_address(host)
    return f"{here} and, for others in your network, at http://{own}:{port}" if own else here


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
            timeout_keep_alive=settings.keep_alive,  # type: ignore[arg-type]  # it may be a float as well
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
            server_header=False,
            access_log=False,
            log_config=None,
        ),
        drain,
    )
