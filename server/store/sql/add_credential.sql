INSERT INTO credentials (game_id, player_id, token_hash) VALUES ($1, $2, $3)
