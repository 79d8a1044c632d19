"""The lanes of a Redis Cluster: a fixed number of places in it, over which all channels are spread.

A channel keeps its name in the cluster, with the tag of its lane behind it. All channels of a lane have one
slot, so they move together and one command subscribes to them, while each still carries one game alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import count
from zlib import crc32

from redis.crc import key_slot

LANES = 256
"""The number of lanes. All servers have to have the same."""
SLOTS = 16384
"""The number of slots of a Redis Cluster."""


def lane_of(channel: bytes) -> int:
    """The lane of a channel, the same on every server."""
    return crc32(channel) % LANES


def by_lane(channels: Iterable[bytes]) -> Iterable[tuple[int, list[bytes]]]:
    """The channels of each lane that has any."""
    lanes: dict[int, list[bytes]] = defaultdict(list)
    for channel in channels:
        lanes[lane_of(channel)].append(channel)
    return lanes.items()


def lane_at(slot: int) -> int:
    """The lane whose slot is this one, if it is that of a lane."""
    return slot * LANES // SLOTS


@cache
def tags() -> tuple[bytes, ...]:
    """The tag of each lane: the first number whose slot is in the lane's share of all slots, so that nodes
    with equal shares of the slots have equal shares of the lanes."""
    found: dict[int, bytes] = {}
    for number in count():
        tag = b"%d" % number
        found.setdefault(lane_at(key_slot(tag)), tag)
        if len(found) == LANES:
            return tuple(found[lane] for lane in range(LANES))
    raise AssertionError  # not reached: every share has a number


@cache
def slots() -> tuple[int, ...]:
    """The slot of each lane."""
    return tuple(key_slot(tag) for tag in tags())


def name_of(channel: bytes, lane: int) -> bytes:
    """The name in the cluster of a channel in this lane."""
    return b"%b{%b}" % (channel, tags()[lane])


def channel_of(name: bytes) -> bytes:
    """The channel that has this name in the cluster."""
    return name[: name.rindex(b"{")]
