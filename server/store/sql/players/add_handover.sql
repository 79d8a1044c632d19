-- $1 the hash of the code, $2 the player, $3 its lifetime. A newer code takes the place of the player's older ones.
-- No row where there is no such player any more.
WITH older AS (
    DELETE FROM handovers WHERE player_id = $2 OR expires_at < now()
)
INSERT INTO handovers (code_hash, player_id, expires_at)
SELECT $1, player_id, now() + $3 FROM players WHERE player_id = $2 FOR KEY SHARE
RETURNING expires_at
