-- Appends to several streams: $1 is a JSON array with an object an event, `place` being its place in its append,
-- from 1. A stream's first event settles its race: of two writers at a version the unique key lets one win, the
-- subquery refuses a head that the stream does not have (its LIMIT keeps the planner from joining the whole log),
-- and only the winner's other events follow. In order of streams, so that two servers that want the same ones
-- cannot wait for each other.
WITH batch AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS event (
        stream_id uuid, expected integer, expected_hash bytea, place integer,
        type text, schema_version smallint, data jsonb, metadata jsonb, hash bytea
    )
), first AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT stream_id, expected + 1, type, schema_version, data, metadata, hash
    FROM batch
    WHERE place = 1 AND (expected = 0 OR (
        SELECT events.hash IS NULL OR events.hash = expected_hash
        FROM events WHERE events.stream_id = batch.stream_id AND version = expected LIMIT 1
    ))
    ORDER BY stream_id
    ON CONFLICT (stream_id, version) DO NOTHING
    RETURNING stream_id, version, recorded_at, transaction_id, position
), rest AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT stream_id, expected + place, batch.type, batch.schema_version, batch.data, batch.metadata, batch.hash
    FROM batch JOIN first USING (stream_id)
    WHERE place > 1
    ORDER BY stream_id, place
    RETURNING stream_id, version, recorded_at, transaction_id, position
)
SELECT stream_id, recorded_at, transaction_id, position
FROM (SELECT * FROM first UNION ALL SELECT * FROM rest) AS recorded
ORDER BY version
