"""One node of a Redis Cluster: a connection that publishes and one that listens, opened anew when lost."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from server.delivery.address import Address, Connect, Place
from server.delivery.connection import TIMEOUT, Connection, away, connected
from server.errors import BellUnavailable

RECONNECT_DELAY = 0.25
"""Pause before connecting again, in seconds."""
WAITING = 10_000
"""Most messages that wait for a node's answer; beyond, they are dropped."""

Message = tuple[bytes, bytes]
"""A channel's name in the cluster, and a payload."""
Answers = Sequence[Any]
"""The answers and messages of a node, in their order; errors may be among them."""
OnLost = Callable[[BellUnavailable], None]


class Owner(Protocol):
    """Is told by nodes what happens to them."""

    def on_open(self, node: "Node") -> None:
        """The node can be listened to from now on, and has no subscriptions yet."""

    def on_heard(self, node: "Node", pushes: Answers) -> None:
        """The node sent this to who listens. An error among it may be raised."""

    def on_moved(self, node: "Node", messages: list[Message]) -> None:
        """The node was sent messages that belong to another."""

    def on_lost(self, node: "Node", error: BellUnavailable) -> None:
        """A connection to the node broke, or could not be opened."""


class Node:
    """A master of a cluster: its connections, and the lanes that it serves, at least one."""

    def __init__(self, place: Place, owner: Owner, address: Address) -> None:
        self.place = place
        connect, lost = address.at(place), partial(owner.on_lost, self)
        self.publishing = Publishing(connect, partial(owner.on_moved, self), lost)
        self.listening = Listening(connect, partial(owner.on_open, self), partial(owner.on_heard, self), lost)
        self.lanes: list[int] = []
        self.beat_lane: int | None = None
        """The lane on which its beats are subscribed to."""
        self.unheard = 0
        """Number of beats since one was heard through it."""
        self.tasks: list[asyncio.Task[None]] = []

    def __str__(self) -> str:
        return f"{self.place[0]}:{self.place[1]}"


Parts = dict[Node, list[Message]]
"""The messages to publish, by node."""


def send(parts: Parts, *, again: bool = False) -> BellUnavailable | None:
    """Send each node its part, as Publishing.send; returns what went wrong."""
    failure = None
    for node, part in parts.items():
        try:
            node.publishing.send(part, again=again)
        except BellUnavailable as error:
            failure = BellUnavailable(f"{node}: {error}")
    return failure


class Publishing:
    """The connection of a node that publishes: everything is written at once, and the answers are read as
    they come, so that no node waits for another. What is on its way when it breaks is lost.

    `on_moved` is given the messages for which this is the wrong node, and `on_lost` what went wrong.
    """

    def __init__(self, connect: Connect, on_moved: Callable[[list[Message]], None], on_lost: OnLost) -> None:
        self._connect, self._on_moved, self._on_lost = connect, on_moved, on_lost
        self._connection: Connection | None = None
        self.away = False
        """True from when it was lost until it is open again."""
        self._unanswered: deque[tuple[Message, bool]] = deque()
        """Messages without an answer yet, the oldest first, each with True where it is sent again."""
        self._progress_at = 0.0
        """Time of the last answer, or of the first message that waits for one, by the loop's clock."""

    def send(self, messages: Sequence[Message], *, again: bool = False) -> None:
        """Publish `messages`; those that are sent `again` go to no other node any more. Raises
        BellUnavailable."""
        if self.away or len(self._unanswered) + len(messages) > WAITING:
            raise BellUnavailable("a node of the cluster does not answer")
        if not self._unanswered:
            self._progress_at = asyncio.get_running_loop().time()
        self._unanswered.extend((message, again) for message in messages)
        if self._connection:
            with away():
                self._write(self._connection, messages)

    def check(self) -> None:
        """Give up a connection that is not answered."""
        waited = asyncio.get_running_loop().time() - self._progress_at
        if self._connection and self._unanswered and waited >= TIMEOUT:
            self._connection.abort()

    async def run(self) -> None:
        """Keep it open until cancelled."""
        while True:
            try:
                with away():
                    await self._publish()
            except BellUnavailable as error:
                self.away = True
                self._unanswered.clear()
                self._on_lost(error)
            await asyncio.sleep(RECONNECT_DELAY)

    async def _publish(self) -> None:
        connection = await connected(self._connect)
        try:
            self._connection, self.away = connection, False
            self._write(connection, [message for message, _ in self._unanswered])
            while True:
                self._take(await connection.answers(errors=True))
        finally:
            self._connection = None
            await connection.close()

    def _write(self, connection: Connection, messages: Sequence[Message]) -> None:
        connection.send_all((b"SPUBLISH", name, payload) for name, payload in messages)

    def _take(self, answers: Answers) -> None:
        self._progress_at = asyncio.get_running_loop().time()
        moved = []
        for answer in answers:
            message, again = self._unanswered.popleft()
            if isinstance(answer, Exception):
                if not str(answer).startswith("MOVED "):
                    raise answer
                if not again:
                    moved.append(message)
        if moved:
            self._on_moved(moved)


class Listening:
    """The connection of a node that listens. `on_open` has it subscribe, `on_heard` is given what comes, and
    `on_lost` what went wrong."""

    def __init__(
        self,
        connect: Connect,
        on_open: Callable[[], None],
        on_heard: Callable[[Answers], None],
        on_lost: OnLost,
    ) -> None:
        self._connect, self._on_open = connect, on_open
        self._on_heard, self._on_lost = on_heard, on_lost
        self._connection: Connection | None = None
        self.leaving: set[bytes] = set()
        """The names that were unsubscribed from, and not yet confirmed."""

    @property
    def open(self) -> bool:
        return self._connection is not None

    def subscribe(self, names: Sequence[bytes]) -> None:
        """Subscribe to `names`, which have one slot, if there is a connection."""
        self._send(b"SSUBSCRIBE", names)

    def unsubscribe(self, names: Sequence[bytes]) -> None:
        """Unsubscribe from `names`, which have one slot, if there is a connection."""
        self.leaving.update(names)
        self._send(b"SUNSUBSCRIBE", names)

    def give_up(self) -> None:
        """Open another connection in the place of this one."""
        if self._connection:
            self._connection.abort()

    async def run(self) -> None:
        """Keep it open until cancelled."""
        while True:
            try:
                with away():
                    await self._listen()
            except BellUnavailable as error:
                self._on_lost(error)
            await asyncio.sleep(RECONNECT_DELAY)

    def _send(self, command: bytes, names: Sequence[bytes]) -> None:
        if self._connection and names:
            with contextlib.suppress(BellUnavailable), away():  # who reads notices it, too
                self._connection.send(command, *names)

    async def _listen(self) -> None:
        connection = await connected(self._connect)
        try:
            self._connection = connection
            self.leaving.clear()
            self._on_open()
            while True:
                self._on_heard(await connection.answers(errors=True))
        finally:
            self._connection = None
            await connection.close()
