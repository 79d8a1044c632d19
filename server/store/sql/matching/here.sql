-- The creators of games $1 have a socket at process $2: they count as there for $3 from now. Returns those of the
-- games that wait. `process` has the names of all of them, with spaces between.
UPDATE waiting SET
    here_until = clock_timestamp() + $3::interval,
    process = CASE WHEN $2 = ANY(string_to_array(process, ' ')) THEN process ELSE concat_ws(' ', process, $2) END
WHERE game_id = ANY($1::uuid[])
RETURNING game_id
