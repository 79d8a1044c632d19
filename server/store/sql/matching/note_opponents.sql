-- Players $1 and $2 were given each other.
INSERT INTO last_opponents (player_id, opponent_id) VALUES ($1, $2), ($2, $1)
ON CONFLICT (player_id) DO UPDATE SET opponent_id = excluded.opponent_id
