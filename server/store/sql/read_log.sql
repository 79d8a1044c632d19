-- $1 transaction and $2 position of the checkpoint, $3 how many at most. Positions are handed out before
-- commits, so only what no transaction still open can come before is read: docs/decisions/0002-commit-order.md.
SELECT stream_id, version, type, schema_version, data, metadata, recorded_at, transaction_id, position, hash
FROM events
WHERE (transaction_id, position) > ($1, $2) AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction_id, position
LIMIT $3
