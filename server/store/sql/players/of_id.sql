SELECT player_id, name, created_at FROM players WHERE player_id = $1
