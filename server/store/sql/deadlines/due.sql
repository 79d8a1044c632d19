-- The $1 games whose time was up longest ago.
SELECT id FROM deadlines WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1
