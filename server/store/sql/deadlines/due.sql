-- The $1 games that have needed a look for the longest time.
SELECT id FROM deadlines WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1
