-- Notes $3, what went wrong in version $2 of $1, and leaves it to whoever tries again. Returns what it had before.
WITH before AS (SELECT name, version, error FROM projections WHERE name = $1 AND version = $2 FOR UPDATE)
UPDATE projections SET error = $3, stopped_at = clock_timestamp(), runner = NULL
FROM before
WHERE projections.name = before.name AND projections.version = before.version
RETURNING before.error
