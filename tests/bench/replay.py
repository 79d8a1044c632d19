"""Speed at which a log is folded into games."""

import cProfile
import pstats
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import msgspec

from server.game.state import fold
from server.store import codec
from server.store.event_store import Metadata, RecordedEvent, StreamId
from tests.bench.figures import Outcome
from tests.bench.stage import Stage
from tests.golden.generate import GAMES

PROFILED = 10
"""Number of functions of the profile that are shown."""


async def replay(stage: Stage) -> Outcome:
    """Recorded events decoded and folded into games, in events/s; they are in memory, as the store returns
    them."""
    games = list(recorded())
    outcome = Outcome(key="replay", unit="events/s", compared=False)
    for _ in range(stage.sizes.rounds):
        outcome.ours.append(replayed(games, stage.sizes.seconds))
    with cProfile.Profile() as profile:
        _fold(games)
    outcome.details |= {"profile": functions(profile)}
    return outcome


def replayed(games: list[list[RecordedEvent]], seconds: float) -> float:
    """Replay for so long; returns the rate in events/s."""
    events, start = 0, perf_counter()
    while (taken := perf_counter() - start) < seconds:
        events += _fold(games)
    return events / taken


def _fold(games: list[list[RecordedEvent]]) -> int:
    for events in games:
        fold(map(codec.decode, events))
    return sum(map(len, games))


def recorded() -> Iterator[list[RecordedEvent]]:
    """The golden games, as the store returns them."""
    at, player = datetime.now(UTC), uuid4()
    for line in GAMES.read_bytes().splitlines():
        id = uuid4()
        metadata = Metadata(command_id=id, correlation_id=id, causation_id=id, player=player, server="bench")
        yield [
            codec.upcast(
                RecordedEvent(
                    stream_id=StreamId(id),
                    version=version,
                    type=event["type"],
                    schema_version=event.get("schema_version", codec.SCHEMA_VERSION.get(event["type"], 1)),
                    data=event["data"],
                    metadata=metadata,
                    recorded_at=at,
                    transaction_id=version,
                    position=version,
                )
            )
            for version, event in enumerate(msgspec.json.decode(line)["events"], 1)
        ]


def functions(profile: cProfile.Profile) -> list[dict[str, Any]]:
    """The functions that take the most time themselves, and their share."""
    stats: Any = pstats.Stats(profile)
    spent = sorted(((own, where) for where, (_, _, own, _, _) in stats.stats.items()), reverse=True)
    total = sum(own for own, _ in spent)
    return [
        {"function": f"{Path(file).name}:{name}" if line else name, "share": round(own / total, 3)}
        for own, (file, line, name) in spent[:PROFILED]
    ]
