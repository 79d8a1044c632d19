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
    SELECT * FROM (
\ir append_sent.sql
    ) AS sent
    WHERE game NOT IN (SELECT game FROM refused)
),
\ir append_batch.sql
