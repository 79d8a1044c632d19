SELECT to_jsonb(log_vN) || jsonb_build_object('transaction_id', transaction_id::text::bigint) FROM log_vN WHERE id = ANY($1::uuid[])
