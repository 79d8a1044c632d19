-- The rows $1: a player's, and those of the player's ratings.
SELECT kind, pool, rating, deviation, games, history, won, lost, drawn FROM ratings WHERE id = ANY($1::uuid[])
