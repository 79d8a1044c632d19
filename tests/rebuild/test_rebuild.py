"""A rebuild from a log that is not quite as long."""

from pathlib import Path

from tests.support.programs import figures_of


async def test_nobody_notices_a_rebuild_and_it_leads_to_what_the_log_folds_to(tmp_path: Path) -> None:
    figures = await figures_of(
        "tests.rebuild", "--events", "20000", json_file=tmp_path / "rebuild.json", timeout=240
    )
    assert figures["faults"] == []
    assert figures["events"] >= 20_000
    assert figures["checked"] > 500
    assert figures["lists"] > 0
    assert figures["games"] > 0
