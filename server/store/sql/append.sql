-- Appends to several streams: $1 is a JSON array with an object an event, `place` being its place in its append,
-- from 1, and $2 the hash before and the hash after each event, 32 bytes each. A stream's first event settles its
-- race: of two writers at a version the unique key lets one win, the subquery refuses a head that the stream does
-- not have (its LIMIT keeps the planner from joining the whole log), and only the winner's other events follow. In
-- order of streams, so that two servers that want the same ones cannot wait for each other. The result is one row
-- for all: a row an event would cost more than the event.
WITH batch AS (
\ir append_sent.sql
),
\ir append_batch.sql
