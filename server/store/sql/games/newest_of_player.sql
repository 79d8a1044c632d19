-- The $3 games of player $4 behind the one that was created at $1 and has the id $2; of status $5 unless that is null;
-- with $6 those that are not listed, too.
SELECT * FROM (
    (
        SELECT id, version, status, players, clock, rated, moves, result, by, created_at, changed_at
        FROM games
        WHERE players -> 'yellow' ->> 'player' = $4 AND (created_at, id) < ($1, $2)
            AND ($5::text IS NULL OR status = $5) AND (listed OR $6)
        ORDER BY created_at DESC, id DESC
        LIMIT $3
    ) UNION ALL (
        SELECT id, version, status, players, clock, rated, moves, result, by, created_at, changed_at
        FROM games
        WHERE players -> 'red' ->> 'player' = $4 AND (created_at, id) < ($1, $2)
            AND ($5::text IS NULL OR status = $5) AND (listed OR $6)
        ORDER BY created_at DESC, id DESC
        LIMIT $3
    )
) AS found
ORDER BY created_at DESC, id DESC
LIMIT $3
