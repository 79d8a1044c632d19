"""A Redis Cluster: messages by sharded pub/sub, on a fixed number of lanes.

Each node that serves lanes has a connection that publishes and one that listens. Which node serves which lane
is asked again whenever a node is lost or says that a lane is elsewhere. What has moved is subscribed to
again, and each confirmation of that has the store asked for what was missed, as after a reconnect.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence

from server.delivery.address import Address
from server.delivery.connection import BEATS, GAP, LOST, MESSAGE, SUBSCRIBE, Heard
from server.delivery.lanes import LANES, by_lane, channel_of, lane_at, lane_of, name_of
from server.delivery.masters import Masters
from server.delivery.node import Answers, Message, Node, Parts, send
from server.errors import BellUnavailable

SILENT, DEAF = 2, 3
"""Numbers of beats in a row that were not heard through a node: it is away; it is connected to anew."""


class Cluster:
    """The cluster at an address, for one time that it is listened to. Meanwhile it can be published to."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._masters: Masters | None = None
        self._wanted: list[set[bytes]] = [set() for _ in range(LANES)]
        """The channels of each lane that are subscribed to."""
        self._broken: set[int] = set()
        """Lanes that are not subscribed to at their master, although a channel in them is wanted."""
        self._broken_before: set[int] = set()
        self._beat = b""
        self._moved: list[Message] = []
        """Messages that were sent to the wrong node."""
        self._heard: list[Heard] = []
        self._gap_said = False
        self._filled = asyncio.Event()

    # As a bell -----------------------------------------------------------------------------------------

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish every payload on its channel. Waits for no node; raises BellUnavailable when a message
        found none, after all others are on their way."""
        parts: Parts = defaultdict(list)
        failure: BellUnavailable | None = None
        masters = self._of_lane
        for channel, payload in messages:
            if channel == self._beat:
                failure = self._beat_through_all(parts)
                continue
            lane = lane_of(channel)
            if node := masters[lane]:
                parts[node].append((name_of(channel, lane), payload))
            else:
                failure = BellUnavailable("no node of the cluster serves the lane")
        if error := send(parts) or failure:
            raise error

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Cluster"]:
        """Itself, connected to. Raises BellUnavailable, at any time that the whole cluster is away."""
        async with asyncio.TaskGroup() as tasks:
            masters = Masters(self._address, lambda place: Node(place, self, self._address), tasks)
            await masters.look()
            self._masters = masters
            following = tasks.create_task(self._follow(masters))
            try:
                yield self
            finally:
                self._masters = None
                following.cancel()
                masters.leave()

    # As a line -----------------------------------------------------------------------------------------

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        for channel in channels:
            if channel.startswith(BEATS):
                self._beat = channel
                for node in self._nodes:
                    self._subscribe_to_beat(node)
            else:
                self._wanted[lane_of(channel)].add(channel)
        for lane, part in by_lane(channel for channel in channels if not channel.startswith(BEATS)):
            self._subscribe(lane, part)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        for lane, part in by_lane(channels):
            self._wanted[lane].difference_update(part)
            if not self._wanted[lane]:
                self._broken.discard(lane)
            if node := self._of_lane[lane]:
                node.listening.unsubscribe([name_of(channel, lane) for channel in part])

    async def hear(self) -> list[Heard]:
        """The messages that have arrived; waits for at least one."""
        while not self._heard:
            self._filled.clear()
            await self._filled.wait()
        heard, self._heard, self._gap_said = self._heard, [], False
        return heard

    # What the nodes tell -------------------------------------------------------------------------------

    def on_open(self, node: Node) -> None:
        node.unheard = 0
        for lane in node.lanes:
            self._subscribe(lane, self._wanted[lane])
        self._subscribe_to_beat(node)  # the last: when one is heard, all else has been subscribed to

    def on_heard(self, node: Node, pushes: Answers) -> None:
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
                self._heard.append(Heard(SUBSCRIBE, channel, b""))
                if channel != self._beat and self._of_lane[lane_of(channel)] is node:
                    self._broken.discard(lane_of(channel))
            elif name in node.listening.leaving:
                node.listening.leaving.remove(name)
            elif channel == self._beat:
                self._moved_from(node, node.beat_lane)
            elif channel in self._wanted[lane_of(channel)]:
                self._moved_from(node, lane_of(channel))
        self._filled.set()

    def on_moved(self, node: Node, messages: list[Message]) -> None:
        self._moved += messages
        if self._masters:
            self._masters.doubt(node)

    def on_lost(self, node: Node, error: BellUnavailable) -> None:
        self._say(LOST, f"{node}: {error}")
        if self._masters:
            self._masters.doubt()

    def _refused(self, node: Node, error: Exception) -> None:
        words = str(error).split()
        if words[0] != "MOVED":
            raise error
        self._moved_from(node, lane_at(int(words[1])))

    def _moved_from(self, node: Node, lane: int | None) -> None:
        """A node does not serve this lane any more."""
        if lane == node.beat_lane:
            node.beat_lane = None
        if lane is not None and self._wanted[lane] and self._of_lane[lane] is node:
            self._broken.add(lane)
            self._say_gap()
        if self._masters:
            self._masters.doubt(node)

    # Where the lanes are -------------------------------------------------------------------------------

    @property
    def _nodes(self) -> Iterable[Node]:
        return self._masters.nodes.values() if self._masters else ()

    @property
    def _of_lane(self) -> Sequence[Node | None]:
        """The master of each lane."""
        return self._masters.of_lane if self._masters else _NONE

    async def _follow(self, masters: Masters) -> None:
        """Follow every change of the cluster until cancelled. Raises BellUnavailable."""
        while True:
            before = masters.of_lane
            await masters.changed()
            await masters.look()
            for lane, (old, new) in enumerate(zip(before, masters.of_lane, strict=True)):
                if self._wanted[lane] and (new is not old or lane in self._broken):
                    self._move(lane, old, new)
            for node in masters.nodes.values():
                if node.beat_lane not in node.lanes:
                    self._subscribe_to_beat(node)
            self._send_again()

    def _move(self, lane: int, old: Node | None, new: Node | None) -> None:
        """Subscribe to a lane at its master, which may be another than before."""
        if new is not old:
            self._say_gap()
            if old:
                old.listening.unsubscribe([name_of(channel, lane) for channel in self._wanted[lane]])
        self._broken.add(lane)
        self._subscribe(lane, self._wanted[lane])

    def _subscribe(self, lane: int, channels: Iterable[bytes]) -> None:
        """Subscribe to channels of one lane, now or when its master can be listened to."""
        if node := self._of_lane[lane]:
            node.listening.subscribe([name_of(channel, lane) for channel in channels])
        else:
            self._broken.add(lane)

    def _subscribe_to_beat(self, node: Node) -> None:
        if self._beat:
            node.beat_lane = node.lanes[-1]
            node.listening.subscribe([name_of(self._beat, node.beat_lane)])

    def _send_again(self) -> None:
        """Send what went to the wrong node to the right one."""
        moved, self._moved = self._moved, []
        parts: Parts = defaultdict(list)
        for name, payload in moved:
            if node := self._of_lane[lane_of(channel_of(name))]:
                parts[node].append((name, payload))
        send(parts, again=True)

    # Beats ---------------------------------------------------------------------------------------------

    def _beat_through_all(self, parts: Parts) -> BellUnavailable | None:
        """Add a beat for each node to what it is sent. Returns what has not been heard for too long."""
        silent = [str(node) for node in self._nodes if node.unheard >= SILENT]
        for node in self._nodes:
            node.publishing.check()
            if node.unheard >= DEAF:
                node.listening.give_up()
            node.unheard += 1
            if node.beat_lane is not None:
                parts[node].append((name_of(self._beat, node.beat_lane), b""))
        still_broken, self._broken_before = self._broken & self._broken_before, set(self._broken)
        if silent:
            return BellUnavailable(f"nothing is heard through {', '.join(silent)}")
        return BellUnavailable("no node of the cluster serves the lane") if still_broken else None

    def _beat_heard(self, node: Node) -> None:
        node.unheard = 0
        whole = not self._broken and not any(each.unheard or each.publishing.away for each in self._nodes)
        self._heard.append(Heard(MESSAGE if whole else b"", self._beat, b""))

    def _say_gap(self) -> None:
        if not self._gap_said:
            self._gap_said = True
            self._say(GAP)

    def _say(self, kind: bytes, text: str = "") -> None:
        self._heard.append(Heard(kind, b"", text.encode()))
        self._filled.set()


_NONE: Sequence[Node | None] = (None,) * LANES
