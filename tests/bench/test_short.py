"""The short form of the benchmark: no goal is missed by half, and a move costs no more than it did."""

from pathlib import Path

from tests.support.programs import figures_of

TIMEOUT = 110
"""Time limit in seconds. A quiet machine needs about 30."""


async def test_nothing_is_slower_than_noise_can_make_it(tmp_path: Path) -> None:
    figures = await figures_of("tests.bench", "--short", json_file=tmp_path / "bench.json", timeout=TIMEOUT)
    assert figures["ratios"]
