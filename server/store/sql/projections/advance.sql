UPDATE projections
SET transaction_id = $3, position = $4, events = events + $5, runner = $6, renewed_at = clock_timestamp(),
    error = NULL, stopped_at = NULL
WHERE name = $1 AND version = $2
