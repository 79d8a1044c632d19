-- As append.sql, of appends of which some seat a player: $2 is a JSON array with an object for each of these, with the
-- hash of the player's token. A player of one game alone who has a name has the key to seal it with, too, and as
-- `of_player` the player who plays this one, if it is so: where that one was forgotten meanwhile, the key is kept
-- nowhere. Nothing is appended where another hash or key is kept for the player already.
WITH seat AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS seat (
        stream_id uuid, player_id uuid, token_hash bytea, key bytea, of_player uuid
    )
), owner AS (
    SELECT player_id FROM players
    WHERE player_id IN (SELECT of_player FROM seat WHERE of_player IS NOT NULL)
    ORDER BY player_id
    FOR KEY SHARE
), name_key AS (
    INSERT INTO name_keys (player_id, key, of_player)
    SELECT player_id, key, of_player FROM seat
    WHERE key IS NOT NULL AND (of_player IS NULL OR of_player IN (SELECT player_id FROM owner))
    ORDER BY player_id
    ON CONFLICT (player_id) DO UPDATE SET key = name_keys.key
    RETURNING player_id, key
), credential AS (
    INSERT INTO credentials (game_id, player_id, token_hash)
    SELECT stream_id, player_id, token_hash FROM seat
    ORDER BY stream_id
    ON CONFLICT (game_id, player_id) DO UPDATE SET token_hash = credentials.token_hash
    RETURNING game_id, player_id, token_hash
), refused AS (
    SELECT stream_id
    FROM seat
    LEFT JOIN name_key USING (player_id)
    LEFT JOIN credential ON game_id = stream_id
    WHERE name_key.key <> seat.key OR credential.token_hash <> seat.token_hash
), batch AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS event (
        stream_id uuid, expected integer, expected_hash bytea, place integer,
        type text, schema_version smallint, data jsonb, metadata jsonb, hash bytea
    )
), first AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT stream_id, expected + 1, type, schema_version, data, metadata, hash
    FROM batch
    WHERE place = 1 AND stream_id NOT IN (SELECT stream_id FROM refused) AND (expected = 0 OR (
        SELECT events.hash IS NULL OR events.hash = expected_hash
        FROM events WHERE events.stream_id = batch.stream_id AND version = expected LIMIT 1
    ))
    ORDER BY stream_id
    ON CONFLICT (stream_id, version) DO NOTHING
    RETURNING stream_id, version, recorded_at, transaction_id, position
), rest AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT stream_id, expected + place, batch.type, batch.schema_version, batch.data, batch.metadata, batch.hash
    FROM batch JOIN first USING (stream_id)
    WHERE place > 1
    ORDER BY stream_id, place
    RETURNING stream_id, version, recorded_at, transaction_id, position
)
SELECT stream_id, recorded_at, transaction_id, position
FROM (SELECT * FROM first UNION ALL SELECT * FROM rest) AS recorded
ORDER BY version
