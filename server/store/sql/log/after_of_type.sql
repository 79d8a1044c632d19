-- The same, of the type $4.
SELECT id FROM log
WHERE type = $4 AND (transaction_id, position) > ($1, $2)
ORDER BY transaction_id, position
LIMIT $3
