"""Checks the clocks of games by arithmetic of its own: what moves took, and whose flag fell when, or did not.

Knows nothing of the server: only SQL and the log.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.faults.rules import Row

FIRST_MOVE_MS = 30_000
TOLERANCE_MS = 100
"""Most that a server's idea of the database's time may be wrong here, in milliseconds."""
FALLS_WITHIN = timedelta(seconds=5)
"""Time from the end of a player's time to that of the game, on a busy machine."""
ENDS = ("GameFinished", "GameAborted")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Times:
    """The times in which nobody could move, and when the log was read."""

    downtimes: Sequence[tuple[datetime, datetime]] = ()
    read_at: datetime = NEVER


async def read(database_url: str) -> Times:
    """What the database knows of time, now."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT began, ended FROM downtimes")
        return Times([(began, ended) for began, ended in rows], await connection.fetchval("SELECT now()"))
    finally:
        await connection.close()


def is_flag(row: Row) -> bool:
    """True if the game ended because somebody's time was up."""
    return row.type in ENDS and row.data["by"] in ("timeout", "no_first_move")


def flags(logs: Mapping[str, Sequence[Row]]) -> int:
    return sum(is_flag(row) for log in logs.values() for row in log)


def late(logs: Mapping[str, Sequence[Row]], times: Times) -> dict[str, timedelta]:
    """The games that go on although somebody's time is up, and for how long it has been."""
    found = {}
    for game, log in logs.items():
        if not _clock(log) or len(log) < 4 or any(row.type in ENDS for row in log):
            continue
        left, since = _replay(log)
        ms = FIRST_MOVE_MS if len(left) < 2 else left[-2]
        over = times.read_at - since - timedelta(milliseconds=ms + _down(times, since, times.read_at))
        if over > timedelta():
            found[game] = over
    return found


def stuck(logs: Mapping[str, Sequence[Row]], times: Times) -> Iterator[tuple[str, str]]:
    """The games whose flag should have fallen, each with a sentence."""
    for game, over in late(logs, times).items():
        if over > FALLS_WITHIN:
            yield game, f"time was up {over.total_seconds():.1f} s ago, and the game goes on"


def wrong(logs: Mapping[str, Sequence[Row]], times: Times) -> Iterator[tuple[str, str]]:
    """The games whose clocks do not go as they should, each with a sentence."""
    for game, log in logs.items():
        for place, row in enumerate(log):
            if clock := _clock(log):
                for fault in _faults(log[:place], row, clock["increment"], times):
                    yield game, f"version {row.version}: {fault}"
            elif is_flag(row) or "remaining_ms" in row.data:
                yield game, f"version {row.version} is of a game with a clock"


def _faults(before: Sequence[Row], row: Row, increment: int, times: Times) -> Iterator[str]:
    if row.type != "MoveMade" and not is_flag(row):
        return
    left, since = _replay(before)
    first = len(left) < 2
    mine = left[-2] if not first else before[0].data["clock"]["initial"] * 1000
    if row.type == "MoveMade":
        data = row.data
        taken = data["elapsed_ms"] - data["lag_ms"] - data.get("downtime_ms", 0)
        expected = mine if first else mine - taken + 1000 * increment
        if data["remaining_ms"] != expected or mine <= taken or min(taken, data["lag_ms"]) < 0:
            yield f"{data} after {mine} ms were left"
        return
    time = _ms(row.recorded_at - since) - _down(times, since, row.recorded_at)
    if time < (FIRST_MOVE_MS if first else mine) - TOLERANCE_MS:
        yield f"the flag fell after {time} ms, and {mine} ms were left"


def _replay(log: Sequence[Row]) -> tuple[list[int], datetime]:
    """What each move left on its player's clock, in milliseconds, and when the next player began to think."""
    left, since = [], log[0].recorded_at
    for row in log:
        if row.type == "MoveMade":
            left.append(row.data["remaining_ms"])
        elif row.type == "MovesTakenBack":
            del left[-row.data["number"] :]
        if row.type in ("MoveMade", "MovesTakenBack", "GameStarted"):
            since = row.recorded_at
    return left, since


def _clock(log: Sequence[Row]) -> dict[str, int] | None:
    return log[0].data.get("clock") if log else None


def _down(times: Times, since: datetime, at: datetime) -> int:
    """The downtime from `since` to `at`, in milliseconds."""
    spans = (min(ended, at) - max(began, since) for began, ended in times.downtimes)
    return _ms(sum((span for span in spans if span > timedelta()), timedelta()))


def _ms(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
