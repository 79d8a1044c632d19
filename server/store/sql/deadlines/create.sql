-- Makes the table of version N: a row for each game that may have to be looked at although nothing happens in it.
-- `due_at` is when; null while it need not be.
CREATE TABLE deadlines_vN (
    id        uuid    PRIMARY KEY,
    version   integer NOT NULL,
    hash      bytea,
    initial   integer,
    remaining jsonb   NOT NULL,
    plies     integer NOT NULL,
    bot       uuid,
    bot_plies integer NOT NULL,
    flag_at   timestamptz,
    answer_at timestamptz,
    due_at    timestamptz
) WITH (fillfactor = 70);
CREATE INDEX deadlines_vN_due ON deadlines_vN (due_at) WHERE due_at IS NOT NULL;
