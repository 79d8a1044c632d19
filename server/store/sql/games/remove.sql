DELETE FROM games_vN WHERE id = ANY($1::uuid[])
