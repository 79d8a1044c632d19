-- Oldest release beside it: 0.2.0
-- Players for more than one game, and the keys under which names are sealed in the log:
-- docs/decisions/0016-names-that-can-be-forgotten.md. Forgetting a player removes all rows but that in `forgotten`.
CREATE TABLE players (
    player_id  uuid        PRIMARY KEY,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A player has one for each device. Only the SHA-256 is kept.
CREATE TABLE player_secrets (
    secret_hash bytea       PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    player_id   uuid        NOT NULL REFERENCES players ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX player_secrets_of_player ON player_secrets (player_id);

-- Codes with which another device becomes that of the same player, each once.
CREATE TABLE handovers (
    code_hash  bytea       PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    player_id  uuid        NOT NULL REFERENCES players ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX handovers_of_player ON handovers (player_id);

-- Of every player who has a name, those of one game alone too. Where such a one is the other side of a player who
-- plays alone, `of_player` says of whom, and both are forgotten together.
CREATE TABLE name_keys (
    player_id uuid  PRIMARY KEY,
    key       bytea NOT NULL CHECK (octet_length(key) = 32),
    of_player uuid
);
CREATE INDEX name_keys_of_player ON name_keys (of_player) WHERE of_player IS NOT NULL;

CREATE TABLE forgotten (
    player_id    uuid        PRIMARY KEY,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX forgotten_in_time ON forgotten (forgotten_at)
