-- $1 streams, and of each $2 a version and $3 the hash there: the streams whose last event is not that one. Either
-- there is one behind it, or it is not there (any more). Versions have no gaps, so one look into the primary key for
-- each stream is enough.
SELECT seen.stream_id
FROM unnest($1::uuid[], $2::integer[], $3::bytea[]) AS seen (stream_id, version, hash)
CROSS JOIN LATERAL (
    SELECT
        max(events.version) AS last,
        bool_or(events.version = seen.version AND (events.hash IS NULL OR events.hash = seen.hash)) AS same
    FROM events
    WHERE events.stream_id = seen.stream_id AND events.version BETWEEN seen.version AND seen.version + 1
) AS now
WHERE now.last > seen.version OR (seen.version > 0 AND now.same IS NOT TRUE)
