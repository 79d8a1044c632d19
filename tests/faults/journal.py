"""Journals of the clients, line by line: all that the checker knows of a run, besides the log.

There is one file for each game and one JSON object on each line. `client` is the name of the client, `socket`
the number of its connection, `mono` and `wall` the time in seconds. `what` is one of these, with these keys:

- `created` and `joined` (`seat`): the answer 201 came
- `opened` (`after`): a connection was attempted; `closed` (`code`, null for a connection that broke)
- `sent` (`message`), `accepted` (`id`, `version`), `rejected` (`id`, `code`), `events` (`events`)
- `left` (`over`): the client went by itself; with `over` because there was nothing more to see
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.rules import Row

Line = dict[str, Any]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)
_lost_decoder = msgspec.json.Decoder(dict[str, list[Row]])


class GameJournal:
    """The lines of one game, kept in memory until all its clients are gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[bytes] = []

    def note(self, client: str, socket: int, what: str, **fields: Any) -> None:
        """Add a line: `what` happened to `client` now."""
        line = {"client": client, "socket": socket, "mono": time.monotonic(), "wall": time.time()}
        self._lines.append(_encoder.encode({**line, "what": what, **fields}))

    def save(self) -> None:
        """Append the lines so far to the file."""
        with self._path.open("ab") as file:
            file.writelines(line + b"\n" for line in self._lines)
        self._lines.clear()


class Journals:
    """A folder of journals."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def lost(self) -> dict[str, list[Row]]:
        """The events that the database itself lost, by game."""
        path = self.folder / "lost.json"
        return _lost_decoder.decode(path.read_bytes()) if path.exists() else {}

    def save_lost(self, lost: Mapping[str, Sequence[Row]]) -> None:
        (self.folder / "lost.json").write_bytes(_encoder.encode(lost))

    def of(self, game: str) -> GameJournal:
        return GameJournal(self.folder / f"{game}.jsonl")

    def __iter__(self) -> Iterator[tuple[str, list[Line]]]:
        """Each game with a journal, and its lines."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open("rb") as file:
                yield path.stem, [_decoder.decode(line) for line in file]
