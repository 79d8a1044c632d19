UPDATE players SET name = $2 WHERE player_id = $1
