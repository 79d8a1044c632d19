-- The $1 games that have needed a look for the longest time. clock_timestamp() is no condition that an index takes.
SELECT id FROM deadlines WHERE due_at <= now() ORDER BY due_at LIMIT $1
