"""Each language of the front end says everything that the others say, with the same gaps to fill."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LANGUAGES = Path(__file__).parents[2] / "static/words"


def sentences(table: dict[str, Any], place: str = "") -> Iterator[tuple[str, set[str]]]:
    """Where each sentence stands, and the names of its gaps."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from sentences(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", set(re.findall(r"\{(\w+)\}", value))


@pytest.mark.parametrize(
    "table", sorted(str(file.relative_to(LANGUAGES)) for file in LANGUAGES.rglob("*.json"))
)
def test_a_language_has_every_sentence_of_english_and_no_other(table: str) -> None:
    own = LANGUAGES / table
    english, other = (dict(sentences(json.loads(file.read_text()))) for file in (own.with_stem("en"), own))
    assert other == english
