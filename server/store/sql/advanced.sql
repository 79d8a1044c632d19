-- $1 streams and $2 a version of each: the streams that have an event behind it. Versions have no gaps, so one
-- look into the primary key for each stream is enough. The LIMIT keeps the planner from joining the whole log.
SELECT seen.stream_id
FROM unnest($1::uuid[], $2::integer[]) AS seen (stream_id, version)
CROSS JOIN LATERAL (
    SELECT FROM events WHERE events.stream_id = seen.stream_id AND events.version = seen.version + 1 LIMIT 1
) AS more
