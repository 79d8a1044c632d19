-- Games $1 wait no more.
DELETE FROM waiting WHERE game_id = ANY($1::uuid[])
