-- Appends one event to one stream, as append.sql does where it is all there is: most of what is appended while few
-- play, in about four fifths of the time.
INSERT INTO events (stream_id, version, type, schema_version, data, metadata)
SELECT $1, $2::integer + 1, $3, $4, $5, $6
WHERE $2 = 0 OR (SELECT true FROM events WHERE stream_id = $1 AND version = $2)
ON CONFLICT (stream_id, version) DO NOTHING
RETURNING stream_id, version, recorded_at, transaction_id, position
