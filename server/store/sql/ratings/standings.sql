-- Of pool $1 the $4 players behind the rating $2 of the player $3. Who was forgotten is no player any more.
SELECT player, name, rating, deviation, games
FROM ratings JOIN players ON player_id = player
WHERE kind = 'rating' AND deviation <= 110 AND pool = $1 AND (rating, player) < ($2, $3)
ORDER BY rating DESC, player DESC
LIMIT $4
