DELETE FROM deadlines_vN WHERE id = ANY($1::uuid[])
