"""Plans of runs, and the options of the command."""

import sys
from pathlib import Path

import pytest

from tests.load.__main__ import main
from tests.load.crew import Stopped, run
from tests.load.plan import MOST_GAMES, MOST_SOCKETS, Plan


def test_processes_share_the_games_and_the_rate() -> None:
    plan = Plan(url="http://host", games=10, rate=1000, processes=3)
    parts = [plan.part(number) for number in range(3)]
    assert [part.games for part in parts] == [4, 3, 3]
    assert sum(part.rate or 0 for part in parts) == pytest.approx(1000)


def test_a_url_for_sockets_is_as_safe_as_the_sites() -> None:
    assert Plan(url="http://host:1").socket_url == "ws://host:1"
    assert Plan(url="https://host/").socket_url == "wss://host"


def test_as_many_games_are_made_ahead_as_a_rate_takes_but_not_too_many() -> None:
    slow = Plan(url="http://host", games=10, rate=100, duration=10, warmup=0)
    assert 24 <= slow.needed <= 28
    assert slow.ahead == slow.needed
    fast = Plan(url="http://host", games=200, spectators=5, rate=100_000, duration=60)
    assert fast.needed == MOST_GAMES
    assert (fast.games + fast.ahead) * fast.sockets <= MOST_SOCKETS


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "127.0.0.1:8000"],
        ["--games", "0"],
        ["--games", "2", "--processes", "3"],
        ["--scenario", "flood"],
        ["--scenario", "spike", "--spectators", "0"],
        ["--scenario", "crowd", "--rate", "5"],
        ["--scenario", "storm", "--find-max"],
        ["--rate", "inf"],
        ["--json", "/no such folder/out.json"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["load", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_a_server_that_is_not_there_is_told_of() -> None:
    plan = Plan(url="http://127.0.0.1:1", games=1, duration=1)
    with pytest.raises(Stopped, match="cannot be played at"):
        run(plan, lambda what: None)


def test_the_style_of_the_page_is_there() -> None:
    assert (Path(__file__).parent / "page.css").is_file()
