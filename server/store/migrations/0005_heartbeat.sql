-- Oldest release beside it: 0.2.0
-- The moment at which a server was last there to take a move, and the times in which none was: they are given back
-- to whoever was to move in a game with a clock.
CREATE TABLE heartbeat (
    single  boolean     PRIMARY KEY DEFAULT true CHECK (single),
    beat_at timestamptz NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE downtimes (
    ended timestamptz PRIMARY KEY,
    began timestamptz NOT NULL
);
