-- As add_credential, of a player of one game alone who has a name: $4 is the key to seal it with, and $5 the player
-- who plays this one too, if it is so. Returns the hash and the key that are kept: null as the key where $5 was
-- forgotten meanwhile. The lock has a statement that forgets $5 just now come first, or see this one's key.
WITH owner AS (
    SELECT player_id FROM players WHERE player_id = $5 FOR KEY SHARE
), name_key AS (
    INSERT INTO name_keys (player_id, key, of_player)
    SELECT $2, $4, $5 WHERE $5::uuid IS NULL OR EXISTS (SELECT FROM owner)
    ON CONFLICT (player_id) DO UPDATE SET key = name_keys.key
    RETURNING key
)
INSERT INTO credentials (game_id, player_id, token_hash) VALUES ($1, $2, $3)
ON CONFLICT (game_id, player_id) DO UPDATE SET token_hash = credentials.token_hash
RETURNING token_hash, (SELECT key FROM name_key) AS key
