-- The $3 listed forks of game $4 behind the one that was created at $1 and has the id $2.
SELECT id, version, status, players, clock, rated, moves, result, by, fork_version, created_at, changed_at
FROM games
WHERE listed AND fork_of = $4 AND (created_at, id) < ($1, $2)
ORDER BY created_at DESC, id DESC
LIMIT $3
