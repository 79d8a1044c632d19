"""Timed games on two servers whose clocks differ, fewer than in the long form."""

from tests.clocks.__main__ import run
from tests.support.cluster import Cluster
from tests.support.progress import Progress


async def test_no_remaining_time_is_off_where_the_servers_clocks_differ(cluster: Cluster) -> None:
    figures = await run(cluster, games=24, flags=0, progress=Progress())
    assert figures["faults"] == []
    assert figures["moves"] == 24 * 8
