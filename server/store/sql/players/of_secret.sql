SELECT player_id, name, players.created_at, key
FROM player_secrets JOIN players USING (player_id) JOIN name_keys USING (player_id)
WHERE secret_hash = $1
