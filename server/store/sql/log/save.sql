INSERT INTO log_vN (id, transaction_id, position, game, version, type, command_id, cause)
SELECT id, transaction_id::text::xid8, position, game, version, type, command_id, cause
FROM jsonb_to_recordset($1::jsonb) AS entry (
    id uuid, transaction_id bigint, position bigint, game uuid, version integer, type text, command_id uuid, cause uuid
)
ON CONFLICT (id) DO NOTHING
