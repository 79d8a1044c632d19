"""The cost of clocks that run while nothing else happens."""

import asyncio
from time import perf_counter
from uuid import UUID

import asyncpg
import httpx

from tests.bench.figures import Goal, Outcome
from tests.bench.stage import Program, Stage

GAMES = 10_000
"""Number of games with a running clock."""
IN_MEMORY = 2_000
"""Number of these that the server has in memory; the others are in the read model of deadlines alone."""
SECONDS = 10.0
"""Duration of a measurement, in seconds."""

FILL = """
    WITH games AS MATERIALIZED (
        SELECT gen_random_uuid() AS game, gen_random_uuid() AS one, gen_random_uuid() AS two
        FROM generate_series(1, $1)
    )
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
    SELECT game, version,
        CASE version WHEN 1 THEN 'GameCreated' WHEN 2 THEN 'PlayerJoined' WHEN 3 THEN 'PlayerJoined'
            WHEN 4 THEN 'GameStarted' ELSE 'MoveMade' END,
        CASE version WHEN 1 THEN 2 ELSE 1 END,
        CASE version
            WHEN 1 THEN jsonb_build_object('created_by', one, 'listed', false, 'rated', false,
                'clock', jsonb_build_object('initial', 3600, 'increment', 0),
                'rematch_of', null, 'fork_of', null,
                'rules', jsonb_build_object('columns', 7, 'rows', 6, 'connect', 4))
            WHEN 2 THEN jsonb_build_object('seat', 'yellow', 'player', one, 'name', 'Ada')
            WHEN 3 THEN jsonb_build_object('seat', 'red', 'player', two, 'name', 'Grace')
            WHEN 4 THEN jsonb_build_object('player_one', one, 'player_two', two)
            ELSE jsonb_build_object('player', CASE version WHEN 5 THEN one ELSE two END, 'column', 3,
                'elapsed_ms', 0, 'lag_ms', 0, 'remaining_ms', 3600000)
        END,
        jsonb_build_object('command_id', id, 'correlation_id', id, 'causation_id', id, 'player', one,
            'server', 'bench')
    FROM games, generate_series(1, 6) AS version,
        LATERAL (SELECT gen_random_uuid() AS id, version AS of) AS command
    ORDER BY game, version
"""
"""Records games in each of which both have moved."""


async def running_clocks(stage: Stage) -> Outcome:
    """Processor time of a server with running clocks, less that of one without, in percent of a core."""
    outcome = Outcome(key="running_clocks", unit="% of a core", goal=Goal(2, at_most=True), compared=False)
    async with stage.cluster.database() as name, stage.server(name) as server:
        without = [await _share(server) for _ in range(stage.sizes.rounds)]
        games = await _begin(stage.cluster.url_of(name, user="postgres"))
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            for game in games[:IN_MEMORY]:
                (await client.get(f"/api/games/{game}")).raise_for_status()
        with_clocks = [await _share(server) for _ in range(stage.sizes.rounds)]
    outcome.ours = [each - idle for each, idle in zip(with_clocks, without, strict=True)]
    outcome.details |= {"with": with_clocks, "without": without, "games": GAMES, "in_memory": IN_MEMORY}
    return outcome


async def _share(server: Program) -> float:
    """The processor time of an idle server, in percent of a core."""
    await server.settle()
    used, began = server.used, perf_counter()
    await asyncio.sleep(SECONDS)
    return 100 * (server.used - used) / (perf_counter() - began)


async def _begin(url: str) -> list[UUID]:
    """Have the games begin; returns their ids once all deadlines are in the read model."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FILL, GAMES)
        await connection.execute("VACUUM (ANALYZE) events")
        while len(games := await connection.fetch("SELECT id FROM deadlines WHERE due_at > now()")) < GAMES:
            await asyncio.sleep(0.2)
        return [row["id"] for row in games]
    finally:
        await connection.close()
