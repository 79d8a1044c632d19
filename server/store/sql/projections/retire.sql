UPDATE projections SET state = 'retired', runner = NULL WHERE name = $1 AND state = $2
