-- $1 id, $2 name, $3 the key of the name, $4 the hash of the secret
WITH player AS (
    INSERT INTO players (player_id, name) VALUES ($1, $2)
), key AS (
    INSERT INTO name_keys (player_id, key) VALUES ($1, $3)
)
INSERT INTO player_secrets (secret_hash, player_id) VALUES ($4, $1)
