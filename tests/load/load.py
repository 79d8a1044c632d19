"""Plays many games at once on real sockets, in this process, and measures: for workers and benchmarks.

result = await play("ws://127.0.0.1:8000", pairs, Options(games=50, duration=5))
"""

import asyncio
import gc
import random
import time
from collections.abc import Callable, Iterable
from itertools import cycle
from time import monotonic_ns as now

from tests.load.client import Connection, NotWhole
from tests.load.orders import orders
from tests.load.pace import FlatOut, Pace, Schedule
from tests.load.recorder import Latency, Recorder
from tests.load.result import Options, Result, Second
from tests.load.supply import REFILLS, More, Supply
from tests.load.table import ACCEPTED, OPPONENT, SPECTATORS, Record, Table
from tests.load.web import Pair

SETTLE = 10.0
"""Time for answers on their way at the end to arrive, in seconds."""
RETRY = 0.1
"""Wait between two attempts of a lost socket to come back, in seconds."""
PARTING = 1.0
"""Time from the end of a game until its sockets are closed, in seconds: an answer may follow the last
move."""


async def play(url: str, pairs: Iterable[Pair], options: Options) -> Result:
    """Play games that exist, on a server at `url` (ws://…), until the time is over or the games run out.

    A game has about 40 moves: there must be as many more games than `options.games` as the duration takes.
    Raises Unreachable. Checks nothing against logs; `Load.records` is for that.
    """
    load = Load(url, options)
    await load.prepare(pairs)
    await load.run(lambda second: load.result.histograms.add(second.number, [second.taken], second.late))
    return load.result


class Load:
    """Games, played one after the other at `options.games` places. Call `prepare`, then `run`, then read
    `result`.

    `more` creates games when the given ones run out.
    """

    def __init__(self, url: str, options: Options, more: More | None = None) -> None:
        self.options, self.result = options, Result()
        self.records: list[Record] = []
        """Everything that clients were told, for each game that was begun."""
        self.recorder = Recorder()
        target = options.games + options.ahead
        self._supply = Supply(url, self._table, target, more, self.result.errors)
        self._orders = cycle(random.Random(options.games).sample(orders(), len(orders())))
        self._pace: Pace = Schedule(options.rate) if options.rate else FlatOut()
        self._tables: set[Table] = set()
        self._empty = self._moves = 0
        self._done = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    async def prepare(self, pairs: Iterable[Pair]) -> None:
        """Connect the first games, and those prepared ahead. Raises Unreachable."""
        await self._supply.fill(pairs)

    async def run(self, each_second: Callable[[Second], None], start: int | None = None) -> None:
        """Play from `start`, by `time.monotonic_ns()`, until the time is over and all sockets are idle."""
        gc.collect()
        gc.freeze()
        gc.disable()  # a garbage collection would look like a slow server
        try:
            async with asyncio.TaskGroup() as self._tasks:
                background = [
                    self._tasks.create_task(self._supply.refill(self._arrived)) for _ in range(REFILLS)
                ]
                await self._play(each_second, start or now())
                for task in background:
                    task.cancel()
        finally:
            self._tasks = None
            gc.enable()
            gc.unfreeze()

    async def _play(self, each_second: Callable[[Second], None], start: int) -> None:
        await self._until(start)
        for _ in range(self.options.games):
            self._begin()
        self._pace.start(now())
        await self._until(start + int(self.options.warmup * 1e9))
        self.recorder.take()
        number = await self._measure(each_second)
        await self._settle()
        each_second(Second(number, 0, self.recorder.take(), +self.result.errors, late=True))
        self.result.games = len(self._tables) + len(self.records)
        for table in list(self._tables):
            self._close(table)
        for table in self._supply.pool:
            table.leave()
        self.result.violations = [str(found) for record in self.records for found in record.violations]

    async def _measure(self, each_second: Callable[[Second], None]) -> int:
        began, used, moves = now(), time.process_time(), self._moves
        before, number, end = moves, 0, began + int(self.options.duration * 1e9)
        storms = [
            began + (end - began) * (2 * i + 1) // (2 * self.options.storms)
            for i in range(self.options.storms)
        ]
        while now() < end and not self._done.is_set():
            second = min(began + int((number + 1) * 1e9), end)
            while storms and storms[0] < second:
                await self._until(storms.pop(0))
                self._cut()
            await self._until(second)
            each_second(Second(number, self._moves - before, self.recorder.take(), +self.result.errors))
            number, before = number + 1, self._moves
        at = now()
        self.result.client_seconds = time.process_time() - used
        self.result.moves, self.result.seconds = self._moves - moves, (at - began) / 1e9
        self.result.unmade = self._pace.unmade(at)
        self._pace.stop()
        return number

    async def _until(self, at: int) -> None:
        """Wait until `at`, or until there is nothing left to play."""
        try:
            async with asyncio.timeout(max(0, (at - now()) / 1e9)):
                await self._done.wait()
        except TimeoutError:
            pass

    async def _settle(self) -> None:
        deadline, moving = now() + int(SETTLE * 1e9), list(self._tables)
        while now() < deadline and (moving := [each for each in moving if not (each.failed or each.whole)]):
            await asyncio.sleep(0.02)

    def _table(self, pair: Pair) -> Table:
        awaited = OPPONENT
        if self.options.accepted:
            awaited |= ACCEPTED
        if self.options.everybody and self.options.spectators:
            awaited |= SPECTATORS
        return Table(pair, next(self._orders), self.options.spectators, awaited, self, self.recorder)

    def _begin(self) -> None:
        """Begin another game at a free place; it stays empty until there is one."""
        table = self._supply.take()
        if table:
            self._tables.add(table)
            self._pace.ready(table, now())
        elif self._supply.exhausted:
            self._done.set()
        else:
            self._empty += 1
            self.result.starved += 1

    def _arrived(self) -> None:
        if self._empty and self._supply.pool:
            self._empty -= 1
            self._begin()

    def _close(self, table: Table) -> None:
        if table in self._tables:
            self._tables.remove(table)
            table.leave()
            self.records.append(table.record)

    def _cut(self) -> None:
        for table in [*self._tables, *self._supply.pool]:
            for connection in table.connections:
                if connection.whole_at:  # otherwise it has not come back from the last storm yet
                    connection.cut()

    async def _come_back(self, table: Table, connection: Connection, since: int) -> None:
        while not table.closed:
            try:
                await self._supply.connect(connection, table.game)
            except NotWhole as error:
                self.result.errors[f"not back: {error}"] += 1
                await asyncio.sleep(RETRY)
            else:
                self.recorder.of[Latency.WHOLE_AGAIN].append(((connection.whole_at or now()) - since) // 1000)
                table.resume(connection)
                return

    # Called by tables

    def moved(self, table: Table, at: int) -> None:
        self._moves += 1
        if table.over:
            self._begin()
        else:
            self._pace.ready(table, at)

    def left(self, table: Table) -> None:
        if not self.options.linger:
            asyncio.get_running_loop().call_later(PARTING, self._close, table)

    def lost(self, table: Table, connection: Connection, code: int) -> None:
        if self.options.storms and self._tasks:
            self._tasks.create_task(self._come_back(table, connection, now()))
        else:
            self.failed(table, f"closed {code}")

    def failed(self, table: Table, reason: str) -> None:
        self.result.errors[reason] += 1
        if not table.failed:
            table.fail()
            if table in self._tables and not table.over:
                self._begin()
