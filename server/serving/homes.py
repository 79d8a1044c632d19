"""Homes: each game's connections are served by one of the workers of a machine, so that its moves cost least.

The kernel gives a new connection to any worker. Where a WebSocket is asked for, and its game is at home
elsewhere, the connection is passed on to its home, with what was read of it. That saves time and nothing
else: every worker serves every game, and two that both take themselves for its home do no harm.
"""

import asyncio
import contextlib
import fcntl
import re
import socket
import sys
import termios
import time
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path

MOST = 16 * 1024
"""Size of what may have been read of a connection that is passed on, in bytes."""
BACKLOG = 128
"""Number of workers that may wait to be connected: more than a machine has."""
ROOM = 2**20
"""Size of what may be on its way to another worker, in bytes: about 800 connections, where the system's own
limit is not lower. All come at once when a server has been away."""
STALL = 1.0
"""Time for which a worker may leave what was passed on to it untaken, in seconds: past it the
worker counts as hung, and its games are served elsewhere until it goes on or is replaced."""
AT_ONCE = 64
"""Number of connections that are taken over from one worker before anything else has its turn."""
UUID_PATTERN = b"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"

Take = Callable[[socket.socket, bytes], None]
"""Serves a connection, of which so much was read."""


def ranked(game: bytes, places: Iterable[int]) -> list[int]:
    """`places` by how much a game is at home there (rendezvous hashing): where one is lost, its games are
    spread over the others, and no other game moves. `game` is an id as in paths."""
    game = game.lower()
    return sorted(places, key=lambda place: blake2b(game, digest_size=8, key=b"%d" % place).digest())


def _untaken(way: socket.socket) -> int:
    """Size of what the other end of `way` has not taken yet, in bytes."""
    return int.from_bytes(fcntl.ioctl(way, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


class Homes:
    """The workers of a machine, as one of them sees them. Each has a place, from 0, and a socket at which it
    takes connections over, named by its place and next to the others'.

    `path` is the socket of this worker; None for a process that is alone. `clock` is in seconds.
    """

    def __init__(
        self,
        path: Path | None = None,
        places: int = 1,
        root_path: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if sys.platform != "linux":  # no packets on local sockets: all is served where it comes
            path, places = None, 1
        self._path, self._places = path, range(places)
        self._here = int(path.name) if path else 0
        self._clock = clock
        line = rb"GET (?:%b)?/ws/games/(%b)[? ]" % (re.escape(root_path.encode()), UUID_PATTERN)
        self._names_a_game = re.compile(line).match
        self._ways: dict[int, socket.socket] = {}
        """Place → connection by which this worker passes on."""
        self._all_taken_at: dict[int, float] = {}
        """Place → moment at which all that had been passed on there was seen to be taken."""
        self._listening: socket.socket | None = None
        self._from: set[socket.socket] = set()
        """Connections by which other workers pass on to this one."""
        self._take: Take

    @property
    def are_several(self) -> bool:
        return self._path is not None and len(self._places) > 1

    def pass_on(self, received: bytes, connection: int) -> bool:
        """Pass on the `connection` with this descriptor, of which so much was `received`: the beginning of a
        request. Returns False where it is to be served here; otherwise the descriptor is to be closed."""
        named = self._names_a_game(received)
        if not named or len(received) > MOST:
            return False
        for place in ranked(named[1], self._places):
            if place == self._here:
                return False
            if self._send(place, received, connection):
                return True
        return False

    def _send(self, place: int, received: bytes, connection: int) -> bool:
        for _ in range(2):  # to the worker that was there, and to one that came in its place
            way = self._way(place)
            if not way or self._hangs(place, way):
                return False
            try:
                socket.send_fds(way, [received], [connection])
                return True
            except BlockingIOError:  # it does not keep up
                return False
            except OSError:
                self._ways.pop(place).close()
        return False

    def _hangs(self, place: int, way: socket.socket) -> bool:
        """True if the worker at `place` has left what was passed on to it for too long."""
        now = self._clock()
        if not _untaken(way):
            self._all_taken_at[place] = now
        return now - self._all_taken_at[place] > STALL

    def _way(self, place: int) -> socket.socket | None:
        """A connection to the worker at `place`; None where there is none now."""
        if place not in self._ways:
            assert self._path
            way = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            way.setblocking(False)
            way.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
            try:
                way.connect(str(self._path.with_name(str(place))))
            except OSError:
                way.close()
                return None
            self._ways[place] = way
        return self._ways[place]

    # Taking over

    def listen(self, take: Take) -> None:
        """Have `take` called with each connection that another worker passes on, until `end_listening`."""
        if not self.are_several:
            return
        assert self._path
        self._take = take
        self._path.unlink(missing_ok=True)  # of the worker that was here before
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listening.setblocking(False)
        self._listening.bind(str(self._path))
        self._listening.listen(BACKLOG)
        asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def end_listening(self) -> None:
        """Take over what is on its way here, and no more: the others serve it."""
        if not self._listening:
            return
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.shutdown(socket.SHUT_RD)
        self._accept()
        self._listening.close()
        self._listening = None
        for sender in list(self._from):
            sender.shutdown(socket.SHUT_RD)
            while sender in self._from:
                self._receive(sender)

    def close(self) -> None:
        """Pass on no more."""
        while self._ways:
            self._ways.popitem()[1].close()

    def _accept(self) -> None:
        assert self._listening
        with contextlib.suppress(OSError):  # there are no more
            while True:
                sender, _ = self._listening.accept()
                sender.setblocking(False)
                self._from.add(sender)
                asyncio.get_running_loop().add_reader(sender, self._receive, sender)

    def _receive(self, sender: socket.socket) -> None:
        """Take over what has come from another worker, or a part of it."""
        try:
            for _ in range(AT_ONCE):
                received, descriptors, _, _ = socket.recv_fds(sender, MOST, 1)
                if not received:
                    break
                for descriptor in descriptors:  # none, where this process has as many files as it may
                    connection = socket.socket(fileno=descriptor)
                    connection.set_inheritable(False)
                    self._take(connection, received)
            else:
                return
        except BlockingIOError:
            return
        except OSError:  # it was killed
            pass
        self._from.discard(sender)
        asyncio.get_running_loop().remove_reader(sender)
        sender.close()
