-- The first $3 entries after transaction $1, position $2.
SELECT id FROM log
WHERE (transaction_id, position) > ($1, $2)
ORDER BY transaction_id, position
LIMIT $3
