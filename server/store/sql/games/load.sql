SELECT to_jsonb(games_vN) || jsonb_build_object('hash', encode(hash, 'hex')) FROM games_vN WHERE id = ANY($1::uuid[])
