-- The players forgotten since $1, and the time; with null as $1 the time alone.
SELECT now() AS now, player_id
FROM (VALUES (1)) AS one LEFT JOIN forgotten ON forgotten_at >= $1
