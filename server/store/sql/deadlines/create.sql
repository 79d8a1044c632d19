-- Makes the table of version N: a row for each game with a clock. `due_at` is null where nobody's time runs.
CREATE TABLE deadlines_vN (
    id        uuid    PRIMARY KEY,
    version   integer NOT NULL,
    hash      bytea,
    initial   integer NOT NULL,
    remaining jsonb   NOT NULL,
    due_at    timestamptz
) WITH (fillfactor = 70);
CREATE INDEX deadlines_vN_due ON deadlines_vN (due_at) WHERE due_at IS NOT NULL;
