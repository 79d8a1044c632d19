SELECT version, revision, state FROM projections WHERE name = $1 ORDER BY version
