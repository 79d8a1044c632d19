-- Appends to several streams, one row an event: $1 stream, $2 expected version, $3 place in its append from 1,
-- $4 type, $5 schema version, $6 data, $7 metadata. A stream's first event settles its race: of two writers at a
-- version the unique key lets one win, the subquery refuses a version the stream never had (its LIMIT keeps the
-- planner from joining the whole log), and only the winner's other events follow. In order of streams, so that
-- two servers that want the same ones cannot wait for each other.
WITH batch AS (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::smallint[], $6::text[], $7::text[])
        AS event (stream_id, expected, place, type, schema_version, data, metadata)
), first AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
    SELECT stream_id, expected + 1, type, schema_version, data::jsonb, metadata::jsonb
    FROM batch
    WHERE place = 1 AND (expected = 0 OR (
        SELECT true FROM events WHERE events.stream_id = batch.stream_id AND version = expected LIMIT 1
    ))
    ORDER BY stream_id
    ON CONFLICT (stream_id, version) DO NOTHING
    RETURNING stream_id, version, recorded_at, transaction_id, position
), rest AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
    SELECT stream_id, expected + place, batch.type, batch.schema_version, batch.data::jsonb, batch.metadata::jsonb
    FROM batch JOIN first USING (stream_id)
    WHERE place > 1
    ORDER BY stream_id, place
    RETURNING stream_id, version, recorded_at, transaction_id, position
)
SELECT * FROM first UNION ALL SELECT * FROM rest
