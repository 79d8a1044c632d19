-- The entries with the ids $1, newest first, each with its event, the place of its cause, and those of its effects.
SELECT
    events.stream_id, events.version, events.type, events.schema_version, events.data, events.metadata,
    events.recorded_at, events.transaction_id, events.position,
    cause.game AS cause_game, cause.version AS cause_version,
    coalesce(
        (
            SELECT jsonb_agg(jsonb_build_object('game', effect.game, 'version', effect.version)
                ORDER BY effect.transaction_id, effect.position)
            FROM log AS effect WHERE effect.cause = entry.id
        ), '[]'
    ) AS effects
FROM log AS entry
JOIN events ON events.stream_id = entry.game AND events.version = entry.version
LEFT JOIN log AS cause ON cause.id = entry.cause
WHERE entry.id = ANY($1::uuid[])
ORDER BY entry.transaction_id DESC, entry.position DESC
