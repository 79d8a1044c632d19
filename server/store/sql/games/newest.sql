-- The $3 listed games behind the one that was created at $1 and has the id $2.
SELECT id, version, status, players, clock, rated, moves, result, by, created_at, changed_at
FROM games
WHERE listed AND (created_at, id) < ($1, $2)
ORDER BY created_at DESC, id DESC
LIMIT $3
