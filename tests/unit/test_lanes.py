"""Lanes of a Redis Cluster: where channels are, and what a node tells of its slots."""

from typing import Any
from uuid import uuid4

from redis.asyncio.connection import Connection, SSLConnection
from redis.crc import key_slot

from server.delivery import slot_map
from server.delivery.address import parse
from server.delivery.lanes import LANES, SLOTS, channel_of, lane_at, lane_of, name_of, slots


def test_lanes_are_spread_evenly_over_the_slots() -> None:
    assert [lane_at(slot) for slot in slots()] == list(range(LANES))


def test_a_channel_is_in_the_slot_of_its_lane_on_every_server() -> None:
    assert lane_of(b"connect4:log") == 184
    for channel in (b"connect4:" + uuid4().hex.encode() for _ in range(100)):
        name = name_of(channel, lane_of(channel))
        assert name.startswith(channel)
        assert channel_of(name) == channel
        assert key_slot(name) == slots()[lane_of(channel)]


def test_what_a_node_tells_names_the_master_of_each_lane_and_all_nodes() -> None:
    replica = [b"10.0.0.3", 3, b"id", []]
    told = slot_map.read(
        [
            [0, SLOTS // 2 - 1, [b"10.0.0.1", 1, b"id", []], replica],
            [SLOTS // 2, SLOTS * 3 // 4 - 1, [b"", 2, b"id", []]],  # it does not know its own name
        ],
        ("here", 9),
    )
    quarter = LANES // 4
    assert told.masters == [("10.0.0.1", 1)] * 2 * quarter + [("here", 2)] * quarter + [None] * quarter
    assert told.nodes == [("10.0.0.1", 1), ("10.0.0.3", 3), ("here", 2)]


def test_other_nodes_are_connected_to_as_the_url_says() -> None:
    address = parse("rediss://u:p@a:1,b?ssl_cert_reqs=none", 1.0)
    assert address.places == [("a", 1), ("b", 6379)]
    connections: list[Any] = [address(), address(), address(), address.at(("c", 3))()]
    assert [(each.host, each.port) for each in connections] == [("a", 1), ("b", 6379), ("a", 1), ("c", 3)]
    for each in connections:
        assert (type(each), each.username, each.password) == (SSLConnection, "u", "p")
    by_socket: Any = parse("unix://u:p@/a", 1.0).at(("c", 3))()
    assert (type(by_socket), by_socket.username, by_socket.host) == (Connection, "u", "c")
