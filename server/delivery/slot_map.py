"""The slots of a Redis Cluster and the masters that serve them, as one of its nodes tells."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from server.delivery.address import Address, Place
from server.delivery.connection import TIMEOUT, away, connected
from server.delivery.lanes import slots
from server.errors import BellUnavailable

ASKED = 5
"""Most nodes of a kind that are asked in a row."""


class SlotMap(NamedTuple):
    """The master of each lane, None where there is none, and all nodes, replicas among them."""

    masters: list[Place | None]
    nodes: list[Place]


async def ask(address: Address, connected: Sequence[Place], others: Sequence[Place]) -> SlotMap:
    """Ask one node after the other: those that are `connected`, and if none of them answers the `others` and
    those of the address. One that takes the cluster for unsound, because it is cut off from most others, is
    believed only if no other contradicts. Raises BellUnavailable."""
    seeds: Sequence[Place | None] = address.places or [None]
    failure = BellUnavailable("no node of the cluster answers")
    for places in (connected[:ASKED], [*others[:ASKED], *seeds]):
        unsound: SlotMap | None = None
        for place in places:
            try:
                with away():
                    async with asyncio.timeout(2 * TIMEOUT):
                        told, sound = await _ask(address, place)
            except BellUnavailable as error:
                failure = error
                continue
            if sound:
                return told
            unsound = unsound or told
        if unsound:
            return unsound
    raise failure


async def _ask(address: Address, place: Place | None) -> tuple[SlotMap, bool]:
    """The map that one node has, and True if the node takes the cluster for sound."""
    connection = await connected(address.at(place) if place else address)
    try:
        info = await connection.ask(b"CLUSTER", b"INFO")
        ranges = await connection.ask(b"CLUSTER", b"SLOTS")
        return read(ranges, place or connection.place), b"cluster_state:ok" in info
    finally:
        await connection.close()


def read(ranges: Iterable[Sequence[Any]], teller: Place) -> SlotMap:
    """The answer to CLUSTER SLOTS. A node without a host in it is at the host of `teller`."""
    masters: list[Place | None] = [None] * len(slots())
    nodes: dict[Place, None] = {}
    for first, last, *served_by in ranges:
        places = [_place(node, teller) for node in served_by]
        nodes.update(dict.fromkeys(places))
        for lane, slot in enumerate(slots()):
            if first <= slot <= last:
                masters[lane] = places[0]
    return SlotMap(masters, list(nodes))


def _place(node: Sequence[Any], teller: Place) -> Place:
    host: bytes | None = node[0]
    return (host.decode() if host and host != b"?" else teller[0]), int(node[1])
