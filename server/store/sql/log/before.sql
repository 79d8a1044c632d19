-- The $3 entries before transaction $1, position $2, newest first.
SELECT id FROM log
WHERE (transaction_id, position) < ($1, $2)
ORDER BY transaction_id DESC, position DESC
LIMIT $3
