-- Keeps the first hash that comes for a player. Returns the one that is kept, which a repeated request finds again:
-- the update changes nothing, but without it a conflict would return no row.
INSERT INTO credentials (game_id, player_id, token_hash) VALUES ($1, $2, $3)
ON CONFLICT (game_id, player_id) DO UPDATE SET token_hash = credentials.token_hash
RETURNING token_hash
