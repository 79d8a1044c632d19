"""All press *Play now* at once while a server is killed: everybody is in one game, with somebody else."""

from tests.matching.press import press
from tests.support.cluster import Cluster


async def test_forty_who_press_at_once_are_in_twenty_games_though_a_server_is_killed(
    cluster: Cluster,
) -> None:
    async with cluster.database() as name:
        assert await press(cluster.url_of(name), cluster.redis_url, people=40, seed=1) == []
