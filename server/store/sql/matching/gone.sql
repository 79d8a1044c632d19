-- The creators of games $1 have left process $2, the last at which they had a socket.
UPDATE waiting SET here_until = clock_timestamp(), process = NULL
WHERE game_id = ANY($1::uuid[]) AND process = $2
