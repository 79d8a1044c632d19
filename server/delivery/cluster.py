"""A Redis Cluster: messages by sharded pub/sub, on a fixed number of lanes.

Each node that serves lanes has a connection that publishes and one that listens. Which node serves which lane
is asked again whenever a node is lost or says that a lane is elsewhere. What has moved is subscribed to
again, and each confirmation of that has the store asked for what was missed, as after a reconnect.
"""

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from server.delivery import slot_map
from server.delivery.address import Address, Place
from server.delivery.connection import BEATS, GAP, LOST, MESSAGE, SUBSCRIBE, Heard
from server.delivery.lanes import LANES, channel_of, lane_at, lane_of, name_of
from server.delivery.node import Listening, Message, Publishing
from server.delivery.slot_map import SlotMap
from server.errors import BellUnavailable

logger = logging.getLogger(__name__)

LOOK = 30.0
"""Time between two looks at the map of slots when nothing has happened, in seconds."""
LOOK_BROKEN = 1.0
"""Time between two looks while a lane is served by nobody, in seconds."""
PAUSE = 0.1
"""Least time between two looks, in seconds."""
SILENT, DEAF = 2, 3
"""Numbers of beats in a row that were not heard through a node: it is away; it is connected to anew."""


class Node:
    """A master, its connections, and the lanes that it serves."""

    def __init__(self, place: Place, cluster: "Cluster", address: Address) -> None:
        self.place = place
        lost = partial(cluster.on_lost, self)
        self.publishing = Publishing(address.at(place), partial(cluster.on_moved, self), lost)
        self.listening = Listening(
            address.at(place), partial(cluster.on_open, self), partial(cluster.on_heard, self), lost
        )
        self.lanes: list[int] = []
        self.unheard = 0
        """Number of beats since one was heard through it."""
        self.tasks: list[asyncio.Task[None]] = []

    def __str__(self) -> str:
        return f"{self.place[0]}:{self.place[1]}"

    @property
    def beat_lane(self) -> int:
        """The lane of its beats: the last one that is subscribed to, so that then all are."""
        return self.lanes[-1]


class Cluster:
    """The cluster at an address, for one time that it is listened to. Meanwhile it can be published to."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._nodes: dict[Place, Node] = {}
        self._masters: list[Node | None] = [None] * LANES
        self._known: list[Place] = []
        self._wanted: list[set[bytes]] = [set() for _ in range(LANES)]
        """The channels of each lane that are subscribed to."""
        self._beat = b""
        self._broken: set[int] = set()
        """Lanes with wanted channels that are not subscribed to, though their node may be there."""
        self._broken_before: set[int] = set()
        self._moved: list[Message] = []
        """Messages that wait for the map of slots, having been sent to the wrong node."""
        self._heard: list[Heard] = []
        self._filled = asyncio.Event()
        self._failure: BellUnavailable | None = None
        self._look = asyncio.Event()
        self._ask_first: Place | None = None

    # What a bell does ----------------------------------------------------------------------------------

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish every payload on its channel. Waits for no node; raises BellUnavailable when a message
        found none, after all others are on their way."""
        parts: dict[Node, list[Message]] = defaultdict(list)
        failure: BellUnavailable | None = None
        for channel, payload in messages:
            if channel == self._beat:
                failure = self._beat_through_all(parts)
                continue
            lane = lane_of(channel)
            if node := self._masters[lane]:
                parts[node].append((name_of(channel, lane), payload))
            else:
                failure = BellUnavailable("no node of the cluster serves the lane")
        if error := self._send(parts) or failure:
            raise error

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Cluster"]:
        """Itself, connected to. Raises BellUnavailable, at any time that the whole cluster is away."""
        async with asyncio.TaskGroup() as self._tasks:
            try:
                self._follow(await slot_map.ask(self._address, []))
                following = self._tasks.create_task(self._keep_following())
                yield self
                following.cancel()
            finally:
                self._follow(SlotMap([None] * LANES, []))

    # What a line does ----------------------------------------------------------------------------------

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        lanes: dict[int, list[bytes]] = defaultdict(list)
        for channel in channels:
            if channel.startswith(BEATS):
                self._beat = channel
                for node in self._nodes.values():
                    self._subscribe(node, [name_of(channel, node.beat_lane)])
            else:
                lane = lane_of(channel)
                self._wanted[lane].add(channel)
                lanes[lane].append(name_of(channel, lane))
        for lane, names in lanes.items():
            self._subscribe(self._masters[lane], names)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        lanes: dict[int, list[bytes]] = defaultdict(list)
        for channel in channels:
            lane = lane_of(channel)
            self._wanted[lane].discard(channel)
            lanes[lane].append(name_of(channel, lane))
        for lane, names in lanes.items():
            if not self._wanted[lane]:
                self._broken.discard(lane)
            if node := self._masters[lane]:
                with contextlib.suppress(BellUnavailable):
                    node.listening.unsubscribe(names)

    async def hear(self) -> list[Heard]:
        """The messages that have arrived; waits for at least one. Raises BellUnavailable."""
        while not self._heard:
            if self._failure:
                raise self._failure
            self._filled.clear()
            await self._filled.wait()
        heard, self._heard = self._heard, []
        return heard

    # What the nodes tell -------------------------------------------------------------------------------

    def on_open(self, node: Node) -> None:
        """A node can be listened to from now on."""
        node.unheard = 0
        for lane in node.lanes:
            self._subscribe(node, self._names(node, lane))

    def on_heard(self, node: Node, pushes: Sequence[Any]) -> None:
        """A node has sent this to who listens. Raises what is an error, unless it says where a slot is."""
        for push in pushes:
            if isinstance(push, Exception):
                self._refused(node, push)
                continue
            kind, name, data = push
            channel = channel_of(name)
            if kind == b"smessage":
                if channel == self._beat:
                    self._beat_heard(node)
                else:
                    self._heard.append(Heard(MESSAGE, channel, data))
            elif kind == b"ssubscribe":
                if channel != self._beat:
                    self._broken.discard(lane_of(channel))
                self._heard.append(Heard(SUBSCRIBE, channel, b""))
            elif kind == b"sunsubscribe":
                self._unsubscribed(node, name, channel)
        self._filled.set()

    def on_moved(self, node: Node, messages: list[Message]) -> None:
        """A node was sent messages that belong to another."""
        self._moved += messages
        self._look_at_map(node)

    def on_lost(self, node: Node, error: BellUnavailable) -> None:
        """A connection to a node broke, or could not be opened."""
        self._say(LOST, f"{node}: {error}")
        self._look_at_map()

    def _refused(self, node: Node, error: Exception) -> None:
        words = str(error).split()
        if words[0] != "MOVED":
            raise error
        self._break(node, lane_at(int(words[1])))

    def _unsubscribed(self, node: Node, name: bytes, channel: bytes) -> None:
        if name in node.listening.leaving:
            node.listening.leaving.remove(name)
        elif channel == self._beat:
            self._break(node, node.beat_lane)
        elif channel in self._wanted[lane_of(channel)]:
            self._break(node, lane_of(channel))

    def _break(self, node: Node, lane: int) -> None:
        """A node that had this lane does not serve it any more."""
        if self._masters[lane] is node:
            if lane not in self._broken:
                self._broken.add(lane)
                self._say(GAP)
            self._look_at_map(node)

    # Beats ---------------------------------------------------------------------------------------------

    def _beat_through_all(self, parts: Mapping[Node, list[Message]]) -> BellUnavailable | None:
        """Add a beat for each node to what it is sent; returns what was not heard for too long."""
        silent = [str(node) for node in self._nodes.values() if node.unheard >= SILENT]
        for node in self._nodes.values():
            node.publishing.check()
            if node.unheard >= DEAF:
                node.listening.give_up()
            node.unheard += 1
            parts[node].append((name_of(self._beat, node.beat_lane), b""))
        still_broken = self._broken & self._broken_before
        self._broken_before = set(self._broken)
        if silent:
            return BellUnavailable(f"nothing is heard through {', '.join(silent)}")
        return BellUnavailable("no node of the cluster serves the lane") if still_broken else None

    def _beat_heard(self, node: Node) -> None:
        node.unheard = 0
        whole = not self._broken and not any(other.unheard for other in self._nodes.values())
        self._heard.append(Heard(MESSAGE if whole else b"", self._beat, b""))

    # Where the lanes are -------------------------------------------------------------------------------

    def _look_at_map(self, first: Node | None = None) -> None:
        """Ask where the lanes are, `first` the node that knows that something has changed."""
        self._ask_first = first.place if first else self._ask_first
        self._look.set()

    async def _keep_following(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_BROKEN if self._broken else LOOK):
                    await self._look.wait()
            self._look.clear()
            try:
                self._follow(await slot_map.ask(self._address, self._in_order()))
            except BellUnavailable as error:
                self._failure = error
                self._filled.set()
            self._send_again()
            await asyncio.sleep(PAUSE)

    def _in_order(self) -> list[Place]:
        """The nodes that are known, those first that are likely to answer."""
        first, self._ask_first = self._ask_first, None
        connected = {node.place for node in self._nodes.values() if node.listening.open}
        places = random.sample(self._known, len(self._known))
        return sorted(places, key=lambda place: (place != first, place not in connected))

    def _follow(self, told: SlotMap) -> None:
        """Have each lane at the node that the map says."""
        lanes: dict[Place, list[int]] = defaultdict(list)
        for lane, place in enumerate(told.masters):
            if place:
                lanes[place].append(lane)
        before, beat_lanes = self._masters, {node: node.beat_lane for node in self._nodes.values()}
        self._change_nodes(lanes)
        self._masters = [self._nodes[place] if place else None for place in told.masters]
        self._known = told.nodes
        for lane, (old, new) in enumerate(zip(before, self._masters, strict=True)):
            if new is not old or lane in self._broken:
                self._move(lane, old, new)
        for node, lane in beat_lanes.items():
            if node.lanes and node.beat_lane != lane:
                self._subscribe(node, [name_of(self._beat, node.beat_lane)])

    def _change_nodes(self, lanes: Mapping[Place, list[int]]) -> None:
        """Have these nodes, and these lanes at each."""
        gone, come = self._nodes.keys() - lanes.keys(), lanes.keys() - self._nodes.keys()
        for place in gone:
            node = self._nodes.pop(place)
            node.lanes = []
            for task in node.tasks:
                task.cancel()
        for place in come:
            node = self._nodes[place] = Node(place, self, self._address)
            for run in (node.publishing.run, node.listening.run):
                node.tasks.append(self._tasks.create_task(run()))
        for place, served in lanes.items():
            self._nodes[place].lanes = served
        if come:
            masters = " ".join(sorted(map(str, self._nodes.values())))
            logger.info("masters of the Redis Cluster", extra={"masters": masters})

    def _move(self, lane: int, old: Node | None, new: Node | None) -> None:
        """Subscribe to a lane where it is now."""
        if not self._wanted[lane]:
            return
        if new is not old and old:
            if old.lanes:
                with contextlib.suppress(BellUnavailable):
                    old.listening.unsubscribe([name_of(channel, lane) for channel in self._wanted[lane]])
            if lane not in self._broken:
                self._say(GAP)
        self._broken.add(lane)
        if new:
            self._subscribe(new, self._names(new, lane))

    def _names(self, node: Node, lane: int) -> list[bytes]:
        """The names of all that is wanted in this lane, and of the node's beat if that is in it."""
        channels: Iterable[bytes] = self._wanted[lane]
        if self._beat and lane == node.beat_lane:
            channels = [*channels, self._beat]
        return [name_of(channel, lane) for channel in channels]

    def _subscribe(self, node: Node | None, names: Sequence[bytes]) -> None:
        """Subscribe to `names`. Where there is no connection that is done when there is one."""
        if node:
            with contextlib.suppress(BellUnavailable):
                node.listening.subscribe(names)

    def _send_again(self) -> None:
        """Send what went to the wrong node to the right one."""
        moved, self._moved = self._moved, []
        parts: dict[Node, list[Message]] = defaultdict(list)
        for name, payload in moved:
            if node := self._masters[lane_of(channel_of(name))]:
                parts[node].append((name, payload))
        self._send(parts, again=True)

    def _send(
        self, parts: Mapping[Node, Sequence[Message]], *, again: bool = False
    ) -> BellUnavailable | None:
        """Send each node its part; returns what went wrong."""
        failure = None
        for node, part in parts.items():
            try:
                node.publishing.send(part, again=again)
            except BellUnavailable as error:
                failure = BellUnavailable(f"{node}: {error}")
        return failure

    def _say(self, kind: bytes, text: str = "") -> None:
        self._heard.append(Heard(kind, b"", text.encode()))
        self._filled.set()
