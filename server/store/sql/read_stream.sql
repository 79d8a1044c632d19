-- $1 stream, $2 from this version on, $3 up to and with this version, or null
SELECT stream_id, version, type, schema_version, data, metadata, recorded_at, transaction_id, position, hash
FROM events
WHERE stream_id = $1 AND version >= $2 AND ($3::integer IS NULL OR version <= $3)
ORDER BY version
