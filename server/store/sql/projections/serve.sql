UPDATE projections SET state = 'serving' WHERE name = $1 AND version = $2
