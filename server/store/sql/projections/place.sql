-- The place of version $2 of $1, if $3 may run it: nobody else does, or has not been heard of for $4 seconds.
SELECT
    transaction_id, position, error,
    CASE WHEN runner = $3 THEN extract(epoch FROM clock_timestamp() - renewed_at) ELSE 'Infinity' END::float8
        AS renewed,
    transaction_id = '0' OR EXISTS (
        SELECT FROM events
        WHERE events.transaction_id = projections.transaction_id AND events.position = projections.position
    ) AS there
FROM projections
WHERE name = $1 AND version = $2 AND state <> 'retired'
    AND (runner IS NULL OR runner = $3 OR renewed_at < clock_timestamp() - make_interval(secs => $4))
