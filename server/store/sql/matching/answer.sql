-- The answer to the request $1, if there was one.
SELECT token_hash, game_id, seat, matched FROM matches WHERE id = $1
