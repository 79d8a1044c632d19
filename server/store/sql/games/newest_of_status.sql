-- The same, of status $4.
SELECT id, version, status, players, clock, rated, moves, result, by, created_at, changed_at
FROM games
WHERE listed AND status = $4 AND (created_at, id) < ($1, $2)
ORDER BY created_at DESC, id DESC
LIMIT $3
