-- Records the events of `batch`, as append.sql says.
first AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT game, version, type, schema_version, data, metadata, hash
    FROM batch
    WHERE place = 1 AND (version = 1 OR (
        SELECT events.hash IS NULL OR events.hash = before
        FROM events WHERE stream_id = game AND events.version = batch.version - 1 LIMIT 1
    ))
    ORDER BY game
    ON CONFLICT (stream_id, version) DO NOTHING
    RETURNING stream_id, version, position
), rest AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT game, batch.version, batch.type, batch.schema_version, batch.data, batch.metadata, batch.hash
    FROM batch JOIN first ON game = stream_id
    WHERE place > 1
    ORDER BY game, place
    RETURNING stream_id, version, position
)
SELECT now(), pg_current_xact_id(), array_agg(number), array_agg(position)
FROM (SELECT * FROM first UNION ALL SELECT * FROM rest) AS recorded
JOIN batch ON game = stream_id AND batch.version = recorded.version
