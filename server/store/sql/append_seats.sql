-- As append.sql, of appends of which some seat a player: $3 is a JSON array with an object for each of these, with the
-- hash of the player's token. A player of one game alone who has a name has the key to seal it with, too, and as
-- `of_player` the player who plays this one, if it is so: where that one was forgotten meanwhile, the key is kept
-- nowhere. Nothing is appended where another hash or key is kept for the player already.
WITH seat AS (
    SELECT * FROM jsonb_to_recordset($3::jsonb) AS seat (
        game uuid, player_id uuid, token_hash bytea, key bytea, of_player uuid
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
    SELECT game, player_id, token_hash FROM seat
    ORDER BY game
    ON CONFLICT (game_id, player_id) DO UPDATE SET token_hash = credentials.token_hash
    RETURNING game_id, player_id, token_hash
), refused AS (
    SELECT seat.game
    FROM seat
    LEFT JOIN name_key USING (player_id)
    LEFT JOIN credential ON game_id = seat.game
    WHERE name_key.key <> seat.key OR credential.token_hash <> seat.token_hash
), batch AS (
    SELECT event.*,
        substring($2::bytea FROM 64 * number::integer - 63 FOR 32) AS before,
        substring($2::bytea FROM 64 * number::integer - 31 FOR 32) AS hash
    FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
        game uuid, version integer, place integer, type text, schema_version smallint, data jsonb, metadata jsonb
    )) WITH ORDINALITY AS event (game, version, place, type, schema_version, data, metadata, number)
), first AS (
    INSERT INTO events (stream_id, version, type, schema_version, data, metadata, hash)
    SELECT game, version, type, schema_version, data, metadata, hash
    FROM batch
    WHERE place = 1 AND game NOT IN (SELECT game FROM refused) AND (version = 1 OR (
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
