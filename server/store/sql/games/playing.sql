-- The number of games that are being played, listed or not: none of them idle for longer than $1, or older than a day; and
-- how long who was found last waited, in milliseconds: the median of twenty in an hour, null where nobody was.
SELECT
    (
        SELECT count(*) FROM games
        WHERE status = 'playing' AND created_at > now() - interval '1 day' AND changed_at > now() - $1::interval
    ) AS games,
    (
        SELECT (1000 * extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY waited)))::integer
        FROM (
            SELECT waited FROM matches
            WHERE matched AND made_at > now() - interval '1 hour'
            ORDER BY made_at DESC
            LIMIT 20
        ) AS latest
    ) AS wait_ms
