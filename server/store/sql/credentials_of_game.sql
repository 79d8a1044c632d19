SELECT player_id, token_hash FROM credentials WHERE game_id = $1
