-- The $1 games that have needed a look for the longest time, and since when, without those at $2 since $3.
-- clock_timestamp() is no condition that an index takes.
SELECT id, due_at FROM deadlines
WHERE due_at <= now()
    AND (id, due_at) NOT IN (SELECT * FROM unnest($2::uuid[], $3::timestamptz[]))
ORDER BY due_at LIMIT $1
