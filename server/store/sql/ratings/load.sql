SELECT to_jsonb(ratings_vN) FROM ratings_vN WHERE id = ANY($1::uuid[])
