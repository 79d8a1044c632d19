-- $1 the hash of the code, $2 the hash of the secret that it is exchanged for. Of two at once one gets the row.
WITH handover AS (
    DELETE FROM handovers WHERE code_hash = $1 RETURNING player_id, expires_at
), secret AS (
    INSERT INTO player_secrets (secret_hash, player_id)
    SELECT $2, player_id FROM handover WHERE expires_at > now()
    RETURNING player_id
)
SELECT player_id, name FROM secret JOIN players USING (player_id)
