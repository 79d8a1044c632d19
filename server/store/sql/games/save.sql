INSERT INTO games_vN (
    id, version, hash, status, listed, rated, clock, players, moves, result, by, fork_of, fork_version, created_at,
    changed_at
)
SELECT id, version, decode(hash, 'hex'), status, listed, rated, clock, players, moves, result, by, fork_of, fork_version,
    created_at, changed_at
FROM jsonb_to_recordset($1::jsonb) AS game (
    id uuid, version integer, hash text, status text, listed boolean, rated boolean, clock jsonb, players jsonb,
    moves text, result text, by text, fork_of uuid, fork_version integer, created_at timestamptz, changed_at timestamptz
)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, hash = excluded.hash, status = excluded.status, listed = excluded.listed,
    rated = excluded.rated, clock = excluded.clock, players = excluded.players, moves = excluded.moves,
    result = excluded.result, by = excluded.by, fork_of = excluded.fork_of, fork_version = excluded.fork_version,
    created_at = excluded.created_at, changed_at = excluded.changed_at
