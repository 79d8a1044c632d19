-- The version of $1 that is served from, and its place if the log still has the event there: a version that was
-- folded from what the log has lost is in nobody's way.
SELECT version, place.transaction_id, place.position
FROM projections
LEFT JOIN LATERAL (
    SELECT events.transaction_id, events.position FROM events
    WHERE events.transaction_id = projections.transaction_id AND events.position = projections.position
) AS place ON true
WHERE name = $1 AND state = 'serving'
