DELETE FROM ratings_vN WHERE id = ANY($1::uuid[])
