"""The short form of the benchmark: no goal is missed by half, and a move costs no more than it may."""

from pathlib import Path

from tests.bench.__main__ import NOT_SHORT
from tests.bench.append import pgbench
from tests.support.programs import figures_of

TIMEOUT = 280
"""Time limit in seconds. A quiet machine needs about 30."""


async def test_nothing_is_slower_than_noise_can_make_it(tmp_path: Path) -> None:
    figures = await figures_of("tests.bench", "--short", json_file=tmp_path / "bench.json", timeout=TIMEOUT)
    left_out = {*NOT_SHORT} | (set() if pgbench() else {"append_vs_pgbench"})
    assert {key for key, ratio in figures["ratios"].items() if ratio is None} == left_out
    assert figures["counts_per_move"].keys() == {"1", "50"}
