-- Appends to several streams: $1 is a JSON array with an object an event, `place` being its place in its append,
-- from 1, and $2 the hash before and the hash after each event, 32 bytes each. A stream's first event settles its
-- race: of two writers at a version the unique key lets one win, the subquery refuses a head that the stream does
-- not have (its LIMIT keeps the planner from joining the whole log), and only the winner's other events follow. In
-- order of streams, so that two servers that want the same ones cannot wait for each other. The result is one row
-- for all: a row an event would cost more than the event.
WITH batch AS (
    SELECT event.*,
        substring($2::bytea FROM 64 * number::integer - 63 FOR 32) AS before,
        substring($2::bytea FROM 64 * number::integer - 31 FOR 32) AS hash
    FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
        game uuid, version integer, place integer, type text, schema_version smallint, data jsonb, metadata jsonb
    )) WITH ORDINALITY AS event (game, version, place, type, schema_version, data, metadata, number)
), first AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT game, version, type, schema_version, data, metadata, hash
    FROM batch
    WHERE place = 1 AND (version = 1 OR (
        SELECT events.hash IS NULL OR events.hash = before
        FROM events WHERE stream_id = game AND events.version = batch.version - 1 LIMIT 1
    ))
    ORDER BY game
    ON CONFLICT (stream_id, version) DO NOTHING
    RETURNING stream_id, version, position
), rest AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT game, batch.version, batch.type, batch.schema_version, batch.data, batch.metadata, batch.hash
    FROM batch JOIN first ON game = stream_id
    WHERE place > 1
    ORDER BY game, place
    RETURNING stream_id, version, position
)
SELECT now(), pg_current_xact_id(), array_agg(number), array_agg(position)
FROM (SELECT * FROM first UNION ALL SELECT * FROM rest) AS recorded
JOIN batch ON game = stream_id AND batch.version = recorded.version
