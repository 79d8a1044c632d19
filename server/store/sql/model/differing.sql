-- Of the rows $1 and the next $3 behind the id $2, which are marked `next`: `differs` where the log does not have
-- the head that the row was folded to.
SELECT looked_at.id, looked_at.next, NOT EXISTS (
    SELECT FROM events
    WHERE events.stream_id = looked_at.id AND events.version = looked_at.version
        AND (events.hash IS NULL OR looked_at.hash IS NULL OR events.hash = looked_at.hash)
) AS differs
FROM (
    (SELECT id, version, hash, false AS next FROM model_vN WHERE id = ANY($1::uuid[]))
    UNION ALL
    (SELECT id, version, hash, true FROM model_vN WHERE id > $2 ORDER BY id LIMIT $3)
) AS looked_at
