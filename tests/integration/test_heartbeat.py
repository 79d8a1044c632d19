"""The servers' heartbeat in Postgres: a time in which none was there is known to all."""

import asyncio
from datetime import timedelta

import asyncpg

from server.store.database import Database
from server.store.heartbeat import GAP, beat_of

SET_BACK = "UPDATE heartbeat SET beat_at = beat_at - $1::interval"


async def test_a_gap_between_two_beats_is_a_downtime_that_every_server_is_told_of(database: str) -> None:
    async with Database.at(database) as one, Database.at(database) as two:
        beat, other = beat_of(one), beat_of(two)
        assert await beat() == ()
        assert await beat() == ()
        connection = await asyncpg.connect(database)
        await connection.execute(SET_BACK, timedelta(minutes=5))
        await connection.close()
        [down] = await other()
        assert timedelta(minutes=5) <= down.ended - down.began < timedelta(minutes=6)
        assert await beat() == await other() == (down,)


async def test_servers_that_come_back_at_once_find_one_downtime(database: str) -> None:
    async with Database.at(database) as opened:
        beat = beat_of(opened)
        await beat()
        connection = await asyncpg.connect(database)
        await connection.execute(SET_BACK, 2 * GAP)
        await connection.close()
        await asyncio.gather(*(beat() for _ in range(8)))
        assert len(await beat()) == 1
