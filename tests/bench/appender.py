"""Appends as fast as the store takes it, in a process of its own: `python -m tests.bench.appender URL N S W`.

N callers, each with a stream of its own, append an event at a time for S seconds after W; prints events/s.
"""

import asyncio
import sys
from time import monotonic
from uuid import uuid4

import uvloop

from server.game.events import MoveMade, PlayerId
from server.store import codec, postgres
from server.store.database import Database
from server.store.event_store import EMPTY, EventStore, Metadata, StreamId


async def main(url: str, callers: int, seconds: float, warmup: float) -> None:
    begin = monotonic() + warmup
    async with (
        Database.at(url) as database,
        postgres.event_store(database, codec.upcast) as store,
        asyncio.TaskGroup() as tasks,
    ):
        calls = [tasks.create_task(_append(store, begin, begin + seconds)) for _ in range(callers)]
    print(sum(call.result() for call in calls) / seconds)


async def _append(store: EventStore, begin: float, end: float) -> int:
    """How many appends returned between `begin` and `end`."""
    player, id, stream = PlayerId(uuid4()), uuid4(), StreamId(uuid4())
    metadata = Metadata(command_id=id, correlation_id=id, causation_id=id, player=player, server="bench")
    event = codec.encode(MoveMade(player=player, column=3), metadata)
    head, done = EMPTY, 0
    while (at := monotonic()) < end:
        [recorded] = await store.append(stream, head, [event])
        head = recorded.head
        done += begin <= at
    return done


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
