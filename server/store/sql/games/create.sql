-- Makes the table of version N. Lists are of listed games, newest first, of one status or of all. No index holds what
-- each move changes, so that a move writes no index.
CREATE TABLE games_vN (
    id           uuid        PRIMARY KEY,
    version      integer     NOT NULL,
    hash         bytea,
    status       text        NOT NULL,
    listed       boolean     NOT NULL,
    rated        boolean     NOT NULL,
    clock        jsonb,
    players      jsonb       NOT NULL,
    moves        text        NOT NULL,
    result       text,
    by           text,
    fork_of      uuid,
    fork_version integer,
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX games_vN_forks ON games_vN (fork_of, created_at, id) WHERE listed AND fork_of IS NOT NULL;
CREATE INDEX games_vN_newest ON games_vN (created_at, id) WHERE listed;
CREATE INDEX games_vN_newest_of_status ON games_vN (status, created_at, id) WHERE listed;
CREATE INDEX games_vN_of_yellow ON games_vN ((players -> 'yellow' ->> 'player'), created_at, id);
CREATE INDEX games_vN_of_red ON games_vN ((players -> 'red' ->> 'player'), created_at, id);
CREATE INDEX games_vN_playing ON games_vN (created_at) WHERE status = 'playing';
