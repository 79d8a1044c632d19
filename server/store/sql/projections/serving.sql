SELECT version, transaction_id, position FROM projections WHERE name = $1 AND state = 'serving'
