DELETE FROM log_vN WHERE id = ANY($1::uuid[])
