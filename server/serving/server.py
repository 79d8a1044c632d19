"""uvicorn with the settings of this server: bounded frames, no compression, a shutdown that drains."""

import asyncio
import errno
import gc
import socket
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from server.errors import CannotStart
from server.serving.backlog import Backlog
from server.serving.drain import Drain
from server.serving.http import HttpConnection
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
        # What exists by now is never garbage. The rest is collected less often than by default: with
        # thousands of sockets a full collection took a tenth of a second, all of them a tenth of all time.
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
    """A socket that listens at the address of `settings`. Raises CannotStart."""
    if settings.listen_fd is not None:
        return socket.socket(fileno=settings.listen_fd)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # every connection inherits it: one whose peer is gone ends
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_TIMEOUT)
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        where = f"{settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"Another program listens at {where}; set PORT to another one.") from None
        raise CannotStart(f"Cannot listen at {where}: {error.strerror}.") from None
    return listening


def address(listening: socket.socket) -> str:
    """The URL of what listens there."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def create_server(app: ASGIApp, settings: Settings, drain: Drain) -> Uvicorn:
    """A server for `app`, to be run on a socket of `bind`."""
    return Uvicorn(
        uvicorn.Config(
            app,
            lifespan="on",
            http=HttpConnection,
            ws=cast(type[asyncio.Protocol], partial(WebSocketConnection, Backlog())),
            ws_max_size=MAX_FRAME,
            ws_per_message_deflate=False,
            ws_ping_interval=PING_INTERVAL,
            ws_ping_timeout=PING_TIMEOUT,
            timeout_keep_alive=settings.keep_alive,  # type: ignore[arg-type]  # it may be a float as well
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
            # Only proxies that are named are believed; by its default uvicorn would believe 127.0.0.1.
            proxy_headers=settings.forwarded_allow_ips is not None,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            server_header=False,
            access_log=False,
            log_config=None,
        ),
        drain,
    )
