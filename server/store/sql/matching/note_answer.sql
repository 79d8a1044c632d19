-- Keeps the answer to request $1, and drops a few that are older than $6. Returns nothing where there is one already.
WITH old AS (
    SELECT id FROM matches WHERE made_at < now() - $6::interval ORDER BY made_at LIMIT 10 FOR UPDATE SKIP LOCKED
), dropped AS (
    DELETE FROM matches USING old WHERE matches.id = old.id
)
INSERT INTO matches (id, token_hash, game_id, seat, matched, waited)
SELECT $1, $2, $3, $4, $5, CASE WHEN $5 THEN (SELECT clock_timestamp() - since FROM waiting WHERE game_id = $3) END
ON CONFLICT (id) DO NOTHING
RETURNING id
