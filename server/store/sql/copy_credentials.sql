-- The tokens of game $1 open the same players' seats in game $2 too.
INSERT INTO credentials (game_id, player_id, token_hash)
SELECT $2, player_id, token_hash FROM credentials WHERE game_id = $1
ON CONFLICT (game_id, player_id) DO NOTHING
