"""Ports of the loopback address that are free, and stay so for whoever is told of them."""

import contextlib
import socket
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def kept_free(number: int) -> Iterator[list[int]]:
    """So many ports that the system gives to nobody else while the context lasts.

    Each is bound by a socket that does not listen. On Linux who says SO_REUSEADDR, as servers do, may listen
    there all the same, and again after an end. Elsewhere nothing keeps them.
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in sockets]
        if sys.platform != "linux":
            stack.close()
        yield ports
