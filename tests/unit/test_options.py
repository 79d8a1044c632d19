"""Options of the programs beside the tests."""

import sys
from types import ModuleType

import pytest

from tests.bench import __main__ as bench
from tests.faults import __main__ as faults


@pytest.mark.parametrize(
    ("program", "option", "values"),
    [(bench, "only", ["replay", "counts", "growth"]), (faults, "kinds", ["disk_full", "sockets_reset"])],
)
def test_an_option_of_several_values_may_be_given_several_times(
    monkeypatch: pytest.MonkeyPatch, program: ModuleType, option: str, values: list[str]
) -> None:
    first, *others = values
    monkeypatch.setattr(sys, "argv", ["program", f"--{option}", first, f"--{option}", *others])
    assert getattr(program._options(), option) == values
