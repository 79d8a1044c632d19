-- Secrets and handovers go with the player. One statement, so that it is done as a whole. Returns whom it concerns:
-- the player, of all games or of a single one, and those of single games whom the player was, too. Nobody where there
-- is no such player.
WITH opponent AS (
    DELETE FROM last_opponents WHERE player_id = $1
), key AS (
    DELETE FROM name_keys WHERE player_id = $1 OR of_player = $1 RETURNING player_id
), player AS (
    DELETE FROM players WHERE player_id = $1 RETURNING player_id
), known AS (
    SELECT player_id FROM key
    UNION SELECT player_id FROM player
    UNION SELECT player_id FROM credentials WHERE player_id = $1
)
INSERT INTO forgotten (player_id) SELECT player_id FROM known
ON CONFLICT (player_id) DO UPDATE SET forgotten_at = now()
RETURNING player_id
