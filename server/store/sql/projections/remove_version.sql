DELETE FROM projections WHERE name = $1 AND version = $2 AND state = 'retired'
