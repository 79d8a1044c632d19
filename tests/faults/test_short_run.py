"""A short run of everything: each kind of fault once, on real servers, and the checker finds nothing."""

from pathlib import Path

from tests.faults.kinds import kinds_with
from tests.support.programs import figures_of

SEED = 1
TIMEOUT = 280
"""Time limit in seconds. A quiet machine needs about 30."""


async def test_nothing_is_lost_duplicated_or_divergent_whatever_breaks(tmp_path: Path) -> None:
    options = ["--games", "4", "--spectators", "2", "--minutes", "0", "--hold", "0.6", "--seed", str(SEED)]
    figures = await figures_of("tests.faults", *options, json_file=tmp_path / "figures.json", timeout=TIMEOUT)
    assert set(figures["healing"]) == set(kinds_with(redis_cluster=False)) - set(figures["left_out"])
    assert set(figures["violations"].values()) == {0}
    assert figures["accepted"] > 100
    assert figures["flags"] > 0, "players left games with clocks"
    assert min(figures["agreed"].values()) > 0, "players agreed to draws, takebacks and rematches"
    assert figures["felt"]["sockets lost"] > 0
    assert figures["felt"]["sockets told to come back"] > 0
    assert figures["felt"]["commands sent again"] > 0
    assert figures["reconnects"]["number"] > 0, "the rolling restart let somebody go"
