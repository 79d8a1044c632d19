UPDATE projections SET runner = NULL WHERE runner = $1
