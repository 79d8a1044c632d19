-- Of the players $1: the key of each, null where there is none, and whether the player was forgotten.
SELECT asked.player_id, key, forgotten_at IS NOT NULL AS forgotten
FROM unnest($1::uuid[]) AS asked (player_id)
LEFT JOIN name_keys USING (player_id)
LEFT JOIN forgotten USING (player_id)
