-- The $3 entries before transaction $1, position $2 of the game or the command $4, and of the type $5 where that is
-- not null, newest first. Two looks into an index each, and no scan.
SELECT id FROM (
    SELECT id, transaction_id, position, type FROM log WHERE game = $4
    UNION
    SELECT id, transaction_id, position, type FROM log WHERE command_id = $4
) AS entry
WHERE (transaction_id, position) < ($1, $2) AND ($5::text IS NULL OR type = $5)
ORDER BY transaction_id DESC, position DESC
LIMIT $3
