-- The events to append, from the two values in which they are sent (append.sql).
SELECT event.*,
    substring($2::bytea FROM 64 * number::integer - 63 FOR 32) AS before,
    substring($2::bytea FROM 64 * number::integer - 31 FOR 32) AS hash
FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
    game uuid, version integer, place integer, type text, schema_version smallint, data jsonb, metadata jsonb
)) WITH ORDINALITY AS event (game, version, place, type, schema_version, data, metadata, number)
