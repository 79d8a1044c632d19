-- As add_credential, of a player of one game alone who has a name: $4 is the key to seal it with, and $5 the player
-- who plays this one too, if it is so. Returns the hash and the key that are kept.
WITH name_key AS (
    INSERT INTO name_keys (player_id, key, of_player) VALUES ($2, $4, $5)
    ON CONFLICT (player_id) DO UPDATE SET key = name_keys.key
    RETURNING key
)
INSERT INTO credentials (game_id, player_id, token_hash) VALUES ($1, $2, $3)
ON CONFLICT (game_id, player_id) DO UPDATE SET token_hash = credentials.token_hash
RETURNING token_hash, (SELECT key FROM name_key) AS key
