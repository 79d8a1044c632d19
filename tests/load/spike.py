"""Many spectators come to running games at the same moment; measures the time until each has the whole
game."""

import asyncio
import time
from collections.abc import Callable, Iterable
from time import monotonic_ns as now

from tests.faults.checker import Kind, Violation
from tests.load.client import Connection, NotWhole
from tests.load.load import Load
from tests.load.plan import Plan
from tests.load.recorder import Latency, Recorder
from tests.load.result import Options, Result, Second
from tests.load.table import Record
from tests.load.web import Pair

PLAYED = 1.0
"""Time of play before the spectators come, in seconds."""


class Spike:
    """`plan.spectators` sockets to each of `plan.games` games, at the same moment."""

    def __init__(self, plan: Plan) -> None:
        self.result = Result()
        self.records: list[Record] = []
        self._plan = plan

    async def prepare(self, pairs: Iterable[Pair]) -> None:
        """Play the games for a while, so that they have a history. Raises Unreachable."""
        load = Load(self._plan.socket_url, Options(games=self._plan.games, duration=PLAYED, ahead=0))
        await load.prepare(pairs)
        await load.run(lambda second: None)
        self.records = load.records
        self.result.add(load.result)
        self.result.moves = 0

    async def run(self, each_second: Callable[[Second], None], start: int) -> None:
        """Connect all spectators at `start`, by `time.monotonic_ns()`, and return when all have their
        history."""
        arrivals = [Arrival(record) for record in self.records for _ in range(self._plan.spectators)]
        await asyncio.sleep((start - now()) / 1e9)
        used, recorder = time.process_time(), Recorder()
        async with asyncio.TaskGroup() as tasks:
            for arrival in arrivals:
                tasks.create_task(self._arrive(arrival, start, recorder))
        self.result.seconds = (now() - start) / 1e9
        self.result.client_seconds = time.process_time() - used
        self.result.violations = [str(found) for record in self.records for found in record.violations]
        for arrival in arrivals:
            arrival.record.ends.append(("a late spectator", arrival.connection.version))
            arrival.connection.leave()
        each_second(Second(0, 0, recorder.take(), self.result.errors))

    async def _arrive(self, arrival: "Arrival", start: int, recorder: Recorder) -> None:
        connection = arrival.connection
        try:
            await connection.open(self._plan.socket_url, arrival.record.game)
        except NotWhole as error:
            self.result.errors[f"not there: {error}"] += 1
        else:
            for latency, at in (
                (Latency.WELCOMED, connection.welcomed_at),
                (Latency.WHOLE, connection.whole_at),
            ):
                recorder.of[latency].append(((at or now()) - start) // 1000)


class Arrival:
    """A spectator of a running game."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.connection = Connection(self, record.frames)

    def heard(self, connection: Connection, first: int, at: int) -> None:
        pass

    def accepted(self, connection: Connection, id: str, version: int, at: int) -> None:
        self.violated(connection, Kind.WRONG_ANSWER, f"was told that command {id} is at {version}")

    def rejected(self, connection: Connection, id: str | None, code: str) -> None:
        self.violated(connection, Kind.WRONG_ANSWER, f"was told that command {id} is refused with {code}")

    def lost(self, connection: Connection, code: int) -> None:
        pass

    def violated(self, connection: Connection, kind: Kind, detail: str) -> None:
        self.record.violations.append(Violation(kind, self.record.game, f"a late spectator {detail}"))
