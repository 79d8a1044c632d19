-- $1 the hash of the code, which stays valid.
SELECT player_id, name, players.created_at
FROM handovers JOIN players USING (player_id)
WHERE code_hash = $1 AND expires_at > now()
