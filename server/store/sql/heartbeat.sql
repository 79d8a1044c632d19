-- Writes that a server is there. Where none was for longer than $1, that was a downtime. Returns the downtimes that
-- ended within $2. Of two servers that write at once the second waits, and sees the beat of the first.
WITH before AS (
    SELECT beat_at FROM heartbeat FOR UPDATE
), beat AS (
    INSERT INTO heartbeat (beat_at) SELECT clock_timestamp() FROM (SELECT count(*) FROM before) AS locked
    ON CONFLICT (single) DO UPDATE SET beat_at = excluded.beat_at
    RETURNING beat_at
), down AS (
    INSERT INTO downtimes (began, ended)
    SELECT before.beat_at, beat.beat_at FROM before, beat WHERE beat.beat_at - before.beat_at > $1::interval
    ON CONFLICT (ended) DO NOTHING
    RETURNING began, ended
)
SELECT began, ended FROM downtimes WHERE ended > now() - $2::interval
UNION ALL
SELECT began, ended FROM down
ORDER BY ended
