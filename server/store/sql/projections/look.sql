-- Every version and how far it has come. $1 lease and $2 time until a stopped one is
-- tried again, in seconds; $3 so many events are counted one by one.
SELECT
    name, version, revision, state, projections.transaction_id, projections.position, projections.events, error,
    stopped_at,
    CASE WHEN renewed_at > clock_timestamp() - make_interval(secs => $1) THEN runner END AS runner,
    coalesce(stopped_at > clock_timestamp() - make_interval(secs => $2), false) AS resting,
    CASE WHEN behind.events < $3 THEN behind.events ELSE greatest($3, last.position - projections.position) END
        AS lag_events,
    CASE WHEN behind.events > 0 THEN greatest(0, extract(epoch FROM clock_timestamp() - oldest.recorded_at)) ELSE 0 END
        ::float8 AS lag_seconds,
    behind.held_back
FROM projections
CROSS JOIN LATERAL (
    SELECT count(*) AS events,
        count(*) FILTER (WHERE next.transaction_id >= pg_snapshot_xmin(pg_current_snapshot())) AS held_back
    FROM (
        SELECT events.transaction_id FROM events
        WHERE (events.transaction_id, events.position) > (projections.transaction_id, projections.position)
        ORDER BY events.transaction_id, events.position
        LIMIT $3
    ) AS next
) AS behind
LEFT JOIN LATERAL (
    SELECT recorded_at FROM events
    WHERE (events.transaction_id, events.position) > (projections.transaction_id, projections.position)
    ORDER BY events.transaction_id, events.position
    LIMIT 1
) AS oldest ON true
LEFT JOIN LATERAL (
    SELECT events.position FROM events ORDER BY events.transaction_id DESC, events.position DESC LIMIT 1
) AS last ON true
ORDER BY name, version
