-- Appends one event to one stream, as append.sql does where it is all there is: most of what is appended while few
-- play, in about four fifths of the time.
INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
SELECT $1, $2::integer, $4, $5, $6, $7, $8
WHERE $2 = 1 OR (SELECT hash IS NULL OR hash = $3 FROM events WHERE stream_id = $1 AND version = $2 - 1)
ON CONFLICT (stream_id, version) DO NOTHING
RETURNING recorded_at, transaction_id, ARRAY[1], ARRAY[position]
