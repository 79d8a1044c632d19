-- Makes the table of version N, with three kinds of rows: server/projections/ratings.py. Ranked are those of whom enough
-- is known, the strongest first.
CREATE TABLE ratings_vN (
    id         uuid    PRIMARY KEY,
    kind       text    NOT NULL,
    pool       text,
    rated      boolean NOT NULL,
    yellow     uuid,
    red        uuid,
    moves      integer NOT NULL,
    player     uuid,
    rating     numeric,
    deviation  numeric,
    volatility numeric,
    games      integer NOT NULL,
    history    jsonb   NOT NULL,
    won        jsonb   NOT NULL,
    lost       jsonb   NOT NULL,
    drawn      jsonb   NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX ratings_vN_ranked ON ratings_vN (pool, rating, player) WHERE kind = 'rating' AND deviation <= 110;
