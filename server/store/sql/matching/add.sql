-- Has game $1, of pool $2 and of player $5, wait for a second player: rated or not ($3), and strictly so ($4). Its
-- creator counts as there for $6.
INSERT INTO waiting (game_id, pool, rated, strictly, player_id, since, here_until)
VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp() + $6::interval)
ON CONFLICT (game_id) DO NOTHING
