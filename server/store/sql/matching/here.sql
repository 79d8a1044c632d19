-- The creators of games $1 have a socket at process $2: they count as there for $3 from now. Returns those of the
-- games that wait.
UPDATE waiting SET here_until = clock_timestamp() + $3::interval, process = $2
WHERE game_id = ANY($1::uuid[])
RETURNING game_id
