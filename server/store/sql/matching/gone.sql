-- The creators of games $1 have left process $2. Where that was the last at which they had a socket, they are gone.
UPDATE waiting SET
    here_until = CASE WHEN process = $2 THEN clock_timestamp() ELSE here_until END,
    process = nullif(array_to_string(array_remove(string_to_array(process, ' '), $2), ' '), '')
WHERE game_id = ANY($1::uuid[]) AND $2 = ANY(string_to_array(process, ' '))
