INSERT INTO deadlines_vN (
    id, version, hash, initial, remaining, plies, bot, bot_plies, flag_at, answer_at, due_at
)
SELECT id, version, decode(hash, 'hex'), initial, remaining, plies, bot, bot_plies, flag_at, answer_at, due_at
FROM jsonb_to_recordset($1::jsonb) AS game (
    id uuid, version integer, hash text, initial integer, remaining jsonb, plies integer, bot uuid, bot_plies integer,
    flag_at timestamptz, answer_at timestamptz, due_at timestamptz
)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, hash = excluded.hash, initial = excluded.initial, remaining = excluded.remaining,
    plies = excluded.plies, bot = excluded.bot, bot_plies = excluded.bot_plies, flag_at = excluded.flag_at,
    answer_at = excluded.answer_at, due_at = excluded.due_at
