"""Logs of a given length, and a table to insert rows into that nobody reads."""

import asyncpg

from tests.load.orders import orders

MOVES = 36
"""Number of moves of each game in the log; none of them is over."""
EVENTS = 4 + MOVES
CHUNK = 10_000
"""Number of games that are added in one transaction."""

FILL = """
    WITH games AS MATERIALIZED (
        SELECT gen_random_uuid() AS game, gen_random_uuid() AS one, gen_random_uuid() AS two, g AS number
        FROM generate_series(1, $1) AS g
    )
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
    SELECT game, version,
        CASE version WHEN 1 THEN 'GameCreated' WHEN 2 THEN 'PlayerJoined' WHEN 3 THEN 'PlayerJoined'
            WHEN 4 THEN 'GameStarted' ELSE 'MoveMade' END,
        1,
        CASE version
            WHEN 1 THEN jsonb_build_object('created_by', one, 'clock', null, 'listed', false,
                'rematch_of', null, 'fork_of', null,
                'rules', jsonb_build_object('columns', 7, 'rows', 6, 'connect', 4))
            WHEN 2 THEN jsonb_build_object('seat', 'yellow', 'player', one, 'name', 'Ada')
            WHEN 3 THEN jsonb_build_object('seat', 'red', 'player', two, 'name', 'Grace')
            WHEN 4 THEN jsonb_build_object('player_one', one, 'player_two', two)
            ELSE jsonb_build_object('player', CASE version % 2 WHEN 1 THEN one ELSE two END,
                'column', ($2::integer[])[version - 4])
        END,
        jsonb_build_object('command_id', id, 'correlation_id', id, 'causation_id', id, 'player', one,
            'server', 'bench')
    FROM games, generate_series(1, $3) AS version,
        LATERAL (SELECT gen_random_uuid() AS id, version AS of) AS command
    ORDER BY (number + version) / 50, version
"""

INSERT = """
    INSERT INTO bench_events (stream_id, version, type, schema_version, data, metadata)
    VALUES (gen_random_uuid(), 1, 'MoveMade', 1,
        '{"player": "5f0c4a4e-4ed5-4b6c-9c3a-0f6c2d1d7a11", "column": 3}',
        '{"command_id": "0b6f3a52-6c0c-4b3f-8f0e-2f6a1c9d4e22",
          "correlation_id": "0b6f3a52-6c0c-4b3f-8f0e-2f6a1c9d4e22",
          "causation_id": "0b6f3a52-6c0c-4b3f-8f0e-2f6a1c9d4e22",
          "player": "5f0c4a4e-4ed5-4b6c-9c3a-0f6c2d1d7a11", "server": "bench"}')
"""
"""Inserts a row like that of a move into the table that `copy` makes."""


async def fill(url: str, events: int) -> None:
    """Fill the empty log at `url`, a superuser's, with so many events of games played side by side, and
    update the planner's statistics."""
    columns = next(list(order) for order in orders() if len(order) > MOVES)[:MOVES]
    connection = await asyncpg.connect(url)
    try:
        left = events // EVENTS
        while left > 0:
            await connection.execute(FILL, min(left, CHUNK), columns, EVENTS)
            left -= CHUNK
        await connection.execute("VACUUM (ANALYZE) events")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def copy(url: str) -> None:
    """Make `bench_events`, a table like the log with all its indexes."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE bench_events (LIKE events INCLUDING ALL)")
    finally:
        await connection.close()
