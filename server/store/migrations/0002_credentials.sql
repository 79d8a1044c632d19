-- Oldest release beside it: 0.1.0
-- What a player shows to take a seat again. Only the token's SHA-256 is kept, and it is in no event.
CREATE TABLE credentials (
    game_id    uuid        NOT NULL,
    player_id  uuid        NOT NULL,
    token_hash bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (game_id, player_id)
);
