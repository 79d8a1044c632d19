DELETE FROM model_vN WHERE id = ANY($1::uuid[])
