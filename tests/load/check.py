"""Checks what the clients of a game were told against its log, with the checker of tests/faults."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tests.faults.checker import Kind, Violation
from tests.faults.checker import check as check_journals
from tests.faults.journal import Line
from tests.faults.rules import Row
from tests.load.messages import decode_events
from tests.load.table import Record
from tests.load.web import Site

AT_ONCE = 4
"""Number of logs that are read at a time."""


async def check_all(url: str, records: Iterable[Record]) -> list[str]:
    """Read the log of every game at `url` (http://…); returns the violations. Raises Unreachable."""
    waiting, found = deque(records), list[str]()

    async def work() -> None:
        site = Site(url)
        while waiting:
            record = waiting.popleft()
            found.extend(map(str, check(record, await site.log(record.game))))
        site.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(work())
    return found


def check(record: Record, log: list[dict[str, Any]]) -> Iterator[Violation]:
    """The violations in one game, except those found during play: accepted commands are in the log once,
    at the version told; refused ones are not; each frame is one commit; the log follows the rules; and
    every socket that stayed has all of it."""
    rows = [_row(event) for event in log]
    yield from check_journals([(record.game, list(_lines(record)))], {record.game: rows})
    for row in rows:
        if row.type == "MoveMade" and row.command_id not in record.sent:
            detail = f"version {row.version} is of command {row.command_id}, which nobody sent"
            yield Violation(Kind.DUPLICATED, record.game, detail)
    for who, version in record.ends:
        if version != len(rows):
            yield Violation(Kind.NOT_WHOLE, record.game, f"{who} ended at {version} of {len(rows)}")


def _lines(record: Record) -> Iterator[Line]:
    """The record as a journal. Sockets that got the same frame are one client; that each socket got the
    frames in order, without gap or repeat, was checked as they came."""

    def line(what: str, client: str = "players", **fields: Any) -> Line:
        return {"client": client, "socket": 1, "mono": 0.0, "wall": 0.0, "what": what, **fields}

    yield line("created")
    for seat in ("yellow", "red"):
        yield line("joined", seat=seat)
    for id, version in record.answers.items():
        yield line("accepted", id=id, version=version)
    for id, code in record.refused.items():
        yield line("rejected", id=id, code=code)
    for number, (frame, (first, _)) in enumerate(record.frames.items()):
        client = f"whoever got frame {number}"
        yield line("opened", client, after=first - 1)
        yield line("events", client, events=decode_events(frame)["events"])
        yield line("left", client, over=False)


def _row(event: dict[str, Any]) -> Row:
    at = datetime.fromisoformat(event["recorded_at"])
    return Row(event["version"], event["type"], event["data"], event["command_id"], at)
