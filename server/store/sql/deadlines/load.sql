SELECT to_jsonb(deadlines_vN) || jsonb_build_object('hash', encode(hash, 'hex'))
FROM deadlines_vN WHERE id = ANY($1::uuid[])
