"""The masters of a Redis Cluster and the lanes of each, followed through every change of the cluster."""

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Callable

from server.delivery import slot_map
from server.delivery.address import Address, Place
from server.delivery.lanes import LANES
from server.delivery.node import Node
from server.delivery.slot_map import SlotMap

logger = logging.getLogger(__name__)

LOOK = 30.0
"""Time between two looks at the map of slots when nothing has happened, in seconds."""
LOOK_AGAIN = 1.0
"""Time between two looks while a lane has no master, in seconds."""
PAUSE = 0.1
"""Least time between two looks, in seconds."""


class Masters:
    """The nodes that serve lanes, each with its connections open. `begin` makes a node; `tasks` are of who
    listens to the cluster."""

    def __init__(self, address: Address, begin: Callable[[Place], Node], tasks: asyncio.TaskGroup) -> None:
        self._address, self._begin, self._tasks = address, begin, tasks
        self.nodes: dict[Place, Node] = {}
        self.of_lane: list[Node | None] = [None] * LANES
        self._known: list[Place] = []
        self._ask_first: Place | None = None
        self._stale = asyncio.Event()

    async def look(self) -> None:
        """Ask which node serves which lane, and follow. Raises BellUnavailable."""
        self._stale.clear()
        first, self._ask_first = self._ask_first, None
        known = random.sample(self._known, len(self._known))
        open_at = {node.place for node in self.nodes.values() if node.listening.open}
        connected = sorted((place for place in known if place in open_at), key=lambda place: place != first)
        others = [place for place in known if place not in open_at]
        self._follow(await slot_map.ask(self._address, connected, others))

    async def changed(self) -> None:
        """Return when it is time to look: something has happened, or nothing for long."""
        await asyncio.sleep(PAUSE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK if all(self.of_lane) else LOOK_AGAIN):
                await self._stale.wait()

    def doubt(self, first: Node | None = None) -> None:
        """Have it asked again where the lanes are, `first` the node that knows what has changed."""
        if first:
            self._ask_first = first.place
        self._stale.set()

    def leave(self) -> None:
        """Close all connections."""
        self._follow(SlotMap([None] * LANES, []))

    def _follow(self, told: SlotMap) -> None:
        lanes: dict[Place, list[int]] = defaultdict(list)
        for lane, place in enumerate(told.masters):
            if place:
                lanes[place].append(lane)
        for place in self.nodes.keys() - lanes.keys():
            for task in self.nodes.pop(place).tasks:
                task.cancel()
        new = [self._start(place) for place in lanes.keys() - self.nodes.keys()]
        for place, served in lanes.items():
            self.nodes[place].lanes = served
        self.of_lane = [self.nodes[place] if place else None for place in told.masters]
        self._known = told.nodes
        if new:
            masters = " ".join(sorted(map(str, self.nodes.values())))
            logger.info("masters of the Redis Cluster", extra={"masters": masters})

    def _start(self, place: Place) -> Node:
        node = self.nodes[place] = self._begin(place)
        for run in (node.publishing.run, node.listening.run):
            node.tasks.append(self._tasks.create_task(run()))
        return node
