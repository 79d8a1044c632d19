-- What opens a seat of game $1: the tokens of those who sit there; and $2 where it is the hash of a player's secret.
SELECT player_id, token_hash FROM credentials WHERE game_id = $1
UNION ALL
SELECT player_id, secret_hash FROM player_secrets WHERE secret_hash = $2
