INSERT INTO projections (name, version, revision, state) VALUES ($1, $2, $3, $4)
