INSERT INTO deadlines_vN (id, version, hash, initial, remaining, due_at)
SELECT id, version, decode(hash, 'hex'), initial, remaining, due_at
FROM jsonb_to_recordset($1::jsonb) AS game (
    id uuid, version integer, hash text, initial integer, remaining jsonb, due_at timestamptz
)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, hash = excluded.hash, initial = excluded.initial, remaining = excluded.remaining,
    due_at = excluded.due_at
