-- What the lobby may show: the $1 open games that have waited longest, of those whose creators are there; of the listed
-- games that are played the $2 that moved last, none idle for longer than $3; and the games $4, as they are now. Only
-- the newest games are looked at: no index tells when a game moved last.
SELECT true AS open, open.* FROM (
    SELECT id, version, status, players, clock, games.rated, moves, result, by, created_at, changed_at
    FROM waiting JOIN games ON id = game_id
    WHERE here_until > clock_timestamp() AND status = 'waiting' AND listed
    ORDER BY since, id
    LIMIT $1
) AS open
UNION ALL
SELECT false, playing.* FROM (
    SELECT * FROM (
        SELECT id, version, status, players, clock, rated, moves, result, by, created_at, changed_at
        FROM games
        WHERE listed AND status = 'playing'
        ORDER BY created_at DESC, id DESC
        LIMIT 1000
    ) AS newest
    WHERE changed_at > clock_timestamp() - $3::interval
    ORDER BY changed_at DESC, id
    LIMIT $2
) AS playing
UNION ALL
SELECT false, id, version, status, players, clock, rated, moves, result, by, created_at, changed_at
FROM games
WHERE id = ANY($4::uuid[]) AND listed
