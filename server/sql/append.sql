-- $1 stream, $2 expected version, $3 types, $4 schema versions, $5 data, $6 metadata: one row an event.
-- The unique key lets one of two writers at a version win; the WHERE refuses a version the stream never had.
INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
SELECT $1, $2::integer + event.place, event.type, event.schema_version, event.data::jsonb, event.metadata::jsonb
FROM unnest($3::text[], $4::smallint[], $5::text[], $6::text[])
    WITH ORDINALITY AS event (type, schema_version, data, metadata, place)
WHERE $2 = 0 OR EXISTS (SELECT FROM events WHERE stream_id = $1 AND version = $2)
ORDER BY event.place
RETURNING version, recorded_at, transaction_id, position
