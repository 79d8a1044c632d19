"""Fixtures for the tests of the simulations."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def _leftovers_collected() -> Iterator[None]:
    """A run that a bug cut short leaves tasks behind, which is no failure of the next test."""
    yield
    gc.collect()
