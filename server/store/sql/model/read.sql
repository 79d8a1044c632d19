-- Of the next $3 events behind transaction $1, position $2 those that may change a row: all of a stream that has rows,
-- or that gets some by an event of a type $4 among these. And the last of them in any case. `number` counts them all.
-- A LIMIT keeps the planner from going through all rows.
WITH next AS MATERIALIZED (
\ir read_log.sql
), concerned AS (
    SELECT stream_id FROM next
    GROUP BY stream_id
    HAVING bool_or(type = ANY($4::text[])) OR (SELECT true FROM model_vN WHERE model_stream = stream_id LIMIT 1)
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY transaction_id, position) AS number, count(*) OVER () AS of_all FROM next
)
SELECT * FROM numbered
WHERE number = of_all OR stream_id IN (SELECT stream_id FROM concerned)
ORDER BY number
