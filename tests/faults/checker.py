"""Checks journals of clients against the log. Knows nothing of the server: only journals, SQL and the rules.

`python -m tests.faults.checker JOURNALS DATABASE_URL` checks the journals that a run left.
"""

import asyncio
import base64
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.faults import clocks, rematches
from tests.faults.clocks import Times
from tests.faults.journal import Journals, Line
from tests.faults.read_model import Connection, Entry, faults
from tests.faults.rules import Illegal, Row, replay

NOT_FINAL = {"unavailable", "rate_limited"}
"""Codes after which a client sends the command again. Every other refusal is final."""
NEVER = {1002, 1007, 1011, 4401, 4404}
"""Close codes that a well-behaved client must never see."""
GONE = {4401, 4404}
"""Close codes that it sees of a game where the database itself lost the game, or that a seat was taken."""
NO_TIMES = Times()
"""Of a log that was read before any time was up."""
WHOLE_WITHIN = 5.0
"""Time after the last fault by which a client has everything recorded before it, in seconds."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """Kinds of violations."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    WRONG_ANSWER = "wrong answer"
    PHANTOM = "rejected, yet recorded"
    OUT_OF_ORDER = "out of order"
    DIVERGED = "diverged"
    TORN = "commit torn"
    NOT_WHOLE = "not whole"
    ILLEGAL = "illegal"
    BROKEN = "broken"
    READ_MODEL = "the read model differs"
    CLOCK = "a clock is wrong"
    STUCK = "stuck"
    REMATCH = "a rematch is wrong"


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise."""

    kind: Kind
    game: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: game {self.game}: {self.detail}"


def check(
    journals: Iterable[tuple[str, list[Line]]],
    logs: Mapping[str, Sequence[Row]],
    last_fault: float | None = None,
    lost: Mapping[str, Sequence[Row]] = MappingProxyType({}),
    entries: Mapping[str, Entry] | None = None,
    times: Times = NO_TIMES,
) -> list[Violation]:
    """All violations. `logs` holds each game's events by version; `last_fault` is the end of the last
    fault, by wall clock, or None where there was none; `lost` are the events that the database itself
    lost; `entries` is the read model of games, where that is to be checked; `times` is what the database
    knows of time."""
    found = list(_check_command_ids(logs))
    if entries is not None:
        found += [Violation(Kind.READ_MODEL, *fault) for fault in faults(entries, logs)]
    found += [Violation(Kind.CLOCK, *fault) for fault in clocks.wrong(logs, times)]
    found += [Violation(Kind.STUCK, *fault) for fault in clocks.stuck(logs, times)]
    found += [Violation(Kind.REMATCH, *fault) for fault in rematches.wrong(logs)]
    for game, log in logs.items():
        try:
            replay(log)
        except Illegal as error:
            found.append(Violation(Kind.ILLEGAL, game, str(error)))
    for game, lines in journals:
        log, gone = logs.get(game, ()), lost.get(game, ())
        found += _check_answers(game, lines, log, gone)
        found += _check_sockets(game, lines, log, gone)
        found += _check_whole(game, lines, log, gone, last_fault)
    return found


def _check_command_ids(logs: Mapping[str, Sequence[Row]]) -> Iterator[Violation]:
    """No command is recorded twice. A command may be several events of different types, or of players at
    different seats, at consecutive versions."""
    where: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for game, log in logs.items():
        for row in log:
            where[row.command_id].append((game, row))
    for id, found in where.items():
        games = {game for game, _ in found}
        events = {(row.type, row.data.get("seat")) for _, row in found}
        versions = [row.version for _, row in found]
        in_one_piece = versions == list(range(versions[0], versions[0] + len(found)))
        if len(games) > 1 or len(events) < len(found) or not in_one_piece:
            places = [f"{game} {row.version}" for game, row in found]
            yield Violation(Kind.DUPLICATED, found[0][0], f"command {id} is at {places}")


def _check_answers(
    game: str, lines: Sequence[Line], log: Sequence[Row], gone: Sequence[Row]
) -> Iterator[Violation]:
    """Accepted commands are in the log, at the version told; commands that were refused for good are not.
    What the database itself lost is excepted."""
    recorded: dict[str, int] = {row.command_id: row.version for row in log}  # of its last event
    before = {row.command_id: row.version for row in gone}
    accepted: dict[str, set[int]] = defaultdict(set)
    refused: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        what = line["what"]
        if what == "accepted":
            accepted[line["id"]].add(line["version"])
        elif what == "rejected" and line["code"] not in NOT_FINAL:
            refused[line["id"]].add(line["code"])
        elif what == "created" and not (log or gone):
            yield Violation(Kind.LOST, game, "it was created, and is not there")
        elif what == "joined" and not any(
            row.type == "PlayerJoined" and row.data["seat"] == line["seat"] for row in (*log, *gone)
        ):
            yield Violation(Kind.LOST, game, f"{line['seat']} was taken, and is free")
    for id, versions in accepted.items():
        if id in before:
            versions -= {before[id]}
        if not versions:
            continue
        if id not in recorded:
            yield Violation(Kind.LOST, game, f"command {id} was accepted at {versions}")
        elif versions != {recorded[id]}:
            detail = f"command {id} is at {recorded[id]}, and was accepted at {versions}"
            yield Violation(Kind.WRONG_ANSWER, game, detail)
    for id, codes in refused.items():
        if id in before:
            continue
        if id in accepted:
            yield Violation(Kind.WRONG_ANSWER, game, f"command {id} was accepted, and refused with {codes}")
        elif id in recorded:
            yield Violation(Kind.PHANTOM, game, f"command {id}, {codes}, is at {recorded[id]}")


def _check_sockets(
    game: str, lines: Sequence[Line], log: Sequence[Row], gone: Sequence[Row]
) -> Iterator[Violation]:
    """Each socket got the log after its `after`: version by version, event by event, commit by commit. A
    socket that was told what the database has lost since gets nothing more, because what follows is
    another history."""
    commits: dict[str, set[int]] = defaultdict(set)
    for rows in (log, gone):
        sizes = Counter(row.command_id for row in rows)
        for id, size in sizes.items():
            commits[id].add(size)
    never = NEVER - GONE if any(row.type == "PlayerJoined" for row in gone) else NEVER
    place: dict[tuple[str, int], int] = {}
    astray: set[tuple[str, int]] = set()
    for line in lines:
        socket = line["client"], line["socket"]
        if line["what"] == "opened":
            place[socket] = line["after"]
        elif line["what"] == "closed" and line["code"] in never:
            yield Violation(Kind.BROKEN, game, f"{socket} was closed with {line['code']}")
        elif line["what"] == "events":
            for event in line["events"]:
                version = event["version"]
                if version != place[socket] + 1:
                    yield Violation(Kind.OUT_OF_ORDER, game, f"{socket} got {version} at {place[socket]}")
                place[socket] = version
                row = _as_told(event)
                recorded = 1 <= version <= len(log) and _is(row, log[version - 1], gone)
                if not recorded and row in gone:
                    astray.add(socket)
                elif not recorded or socket in astray:
                    yield Violation(Kind.DIVERGED, game, f"{socket} got {event}")
            ids = {event["command_id"] for event in line["events"]}
            if len(ids) != 1 or len(line["events"]) not in commits[ids.pop()]:
                yield Violation(Kind.TORN, game, f"{socket} got {line['events']} in one frame")


def _is(told: Row, recorded: Row, gone: Sequence[Row]) -> bool:
    """True if these are one event. What the database lost may have been recorded again by the same command,
    as the game that follows another one is: then only the time differs, which no hash holds."""
    return told == recorded or (told in gone and replace(told, recorded_at=recorded.recorded_at) == recorded)


def _as_told(event: Line) -> Row:
    at = datetime.fromisoformat(event["recorded_at"])
    return Row(event["version"], event["type"], event["data"], event["command_id"], at)


def _check_whole(
    game: str, lines: Sequence[Line], log: Sequence[Row], gone: Sequence[Row], last_fault: float | None
) -> Iterator[Violation]:
    """Clients that stayed have the whole log in the end, and soon after the last fault had all that was
    recorded by then."""
    clients: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        clients[line["client"]].append(line)
    for client, own in clients.items():
        if not any(line["what"] == "opened" for line in own):
            continue
        left = next((line for line in own if line["what"] == "left"), None)
        if left and left["over"] and _last(own) in gone:
            continue  # it saw the end of a game that goes on, because the database lost that end
        if (left is None or left["over"]) and (seen := _seen(own, log)) != len(log):
            yield Violation(Kind.NOT_WHOLE, game, f"{client} ended at {seen} of {len(log)}")
        if last_fault is None or own[0]["wall"] > last_fault or (left and left["wall"] < last_fault):
            continue
        by_then = sum(row.recorded_at.timestamp() <= last_fault for row in log)
        seen = _seen([line for line in own if line["wall"] <= last_fault + WHOLE_WITHIN], log)
        if seen < by_then and not (left and left["wall"] <= last_fault + WHOLE_WITHIN):
            detail = f"{client} was at {seen} of {by_then} {WHOLE_WITHIN} s after the last fault"
            yield Violation(Kind.NOT_WHOLE, game, detail)


def _seen(lines: Iterable[Line], log: Sequence[Row]) -> int:
    """The highest version of `log` that was told in `lines`."""
    ids = {(row.version, row.command_id) for row in log}
    told = (event for line in lines if line["what"] == "events" for event in line["events"])
    return max(
        (event["version"] for event in told if (event["version"], event["command_id"]) in ids), default=0
    )


def _last(lines: Iterable[Line]) -> Row | None:
    """The last event that was told in `lines`."""
    told = [event for line in lines if line["what"] == "events" for event in line["events"]]
    return _as_told(told[-1]) if told else None


async def read_logs(database_url: str, since: datetime = EVER) -> dict[str, list[Row]]:
    """The events of every game, in order, as Postgres has them; those that were recorded `since`."""
    connection = await asyncpg.connect(database_url)
    try:
        return await logs_in(connection, since)
    finally:
        await connection.close()


async def logs_in(connection: Connection, since: datetime = EVER) -> dict[str, list[Row]]:
    """As `read_logs`, over a connection that is there."""
    return as_logs(
        await connection.fetch(
            "SELECT stream_id, version, type, data, metadata->>'command_id' AS command_id, recorded_at,"
            " key FROM events LEFT JOIN name_keys"
            " ON type = 'PlayerJoined' AND player_id = (data->>'player')::uuid"
            " WHERE recorded_at > $1 ORDER BY stream_id, version",
            since,
        )
    )


def as_logs(rows: Iterable[asyncpg.Record]) -> dict[str, list[Row]]:
    """Rows of the table of events, by game."""
    logs: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        data = opened(msgspec.json.decode(row["data"]), row.get("key"))
        at = row["recorded_at"]
        logs[str(row["stream_id"])].append(Row(row["version"], row["type"], data, row["command_id"], at))
    return logs


def opened(data: dict[str, Any], key: bytes | None) -> dict[str, Any]:
    """What is shown of an event: in place of a sealed name the real one, which `key` opens: a nonce of 12
    bytes and AES-GCM, bound to the player's id, padded with zero bytes."""
    if key is None or "sealed" not in data:
        return data
    sealed = base64.urlsafe_b64decode(data["sealed"])
    name = AESGCM(key).decrypt(sealed[:12], sealed[12:], UUID(data["player"]).bytes)
    shown = data | {"name": name.rstrip(b"\0").decode()}
    del shown["sealed"]
    return shown


def main() -> None:
    journals = Journals(Path(sys.argv[1]))
    times = asyncio.run(clocks.read(sys.argv[2]))
    violations = check(journals, asyncio.run(read_logs(sys.argv[2])), lost=journals.lost, times=times)
    print(*violations, sep="\n")
    sys.exit(bool(violations))


if __name__ == "__main__":
    main()
