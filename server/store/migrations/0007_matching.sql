-- Oldest release beside it: 0.2.0
-- Listed games that wait for a second player, and whom "play now" has seated: docs/decisions/0019-play-now.md. Written
-- under the lock of their pool, in the transaction that appends to the log.
CREATE TABLE waiting (
    game_id    uuid        PRIMARY KEY,
    pool       text        NOT NULL,
    rated      boolean     NOT NULL,
    strictly   boolean     NOT NULL,
    player_id  uuid        NOT NULL,
    since      timestamptz NOT NULL,
    here_until timestamptz NOT NULL,
    process    text
) WITH (fillfactor = 50);
CREATE INDEX waiting_in_pool ON waiting (pool, since);

-- The answers that were given, for those who ask again.
CREATE TABLE matches (
    id         uuid        PRIMARY KEY,
    token_hash bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    game_id    uuid        NOT NULL,
    seat       text        NOT NULL,
    matched    boolean     NOT NULL,
    waited     interval, -- the other one, where somebody waited
    made_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX matches_in_time ON matches (made_at);

-- The opponent that each player was given last.
CREATE TABLE last_opponents (
    player_id   uuid PRIMARY KEY,
    opponent_id uuid NOT NULL
);
