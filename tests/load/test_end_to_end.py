"""Every scenario on a real server, as the command runs it."""

import json
import sys
from pathlib import Path

import pytest

from tests.load.__main__ import main
from tests.support.serving import Command


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["load", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    assert not caught.value.code


@pytest.mark.parametrize(
    ("arguments", "latencies"),
    [
        ("--games 4 --spectators 1 --rate 50 --processes 2", {"accepted", "opponent", "spectator"}),
        ("--games 2", {"accepted", "opponent"}),
        ("--scenario spike --games 2 --spectators 5", {"welcomed", "whole"}),
        ("--scenario crowd --spectators 20", {"accepted", "opponent", "spectator", "last_spectator"}),
        ("--scenario storm --games 2 --rate 20 --storms 1", {"accepted", "opponent", "whole_again"}),
    ],
)
def test_a_scenario_measures_and_finds_nothing_wrong(
    arguments: str,
    latencies: set[str],
    site_process: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures, page = tmp_path / "load.json", tmp_path / "load.html"
    always = ["--url", site_process.url, "--duration", "0.5", "--warmup", "0"]
    run(monkeypatch, *always, *arguments.split(), "--json", str(figures), "--html", str(page))
    written = json.loads(figures.read_text())
    assert set(written["latencies_us"]) == latencies
    assert (written["errors"], written["violations"]) == ({}, [])
    assert "Every game's sockets and answers agree with its log" in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")


def test_the_highest_rate_is_searched_for(
    site_process: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No rate is reached within a microsecond; the search finds that, too."""
    always = ["--url", site_process.url, "--duration", "0.3", "--warmup", "0", "--games", "1"]
    run(monkeypatch, *always, "--find-max", "--p99", "0.001", "--rate", "2")
    shown = capsys.readouterr().out
    assert "too much" in shown
    assert "0 moves/s is the highest rate with p99 of move → opponent within 0.001 ms." in shown
