-- $1 the hash of the code, $2 the player, $3 its lifetime. A newer code takes the place of the player's older ones.
WITH older AS (
    DELETE FROM handovers WHERE player_id = $2 OR expires_at < now()
)
INSERT INTO handovers (code_hash, player_id, expires_at) VALUES ($1, $2, now() + $3)
RETURNING expires_at
