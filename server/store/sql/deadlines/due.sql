-- The $1 games that have been due for longest.
SELECT id FROM deadlines WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1
