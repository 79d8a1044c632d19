-- Oldest release beside it: 0.2.0
-- The versions of each read model, with their places in the log: docs/projections.md. The tables of a version are
-- not made here but by whoever begins to build it: server/store/sql/games/create.sql.
CREATE TABLE projections (
    name           text        NOT NULL,
    version        integer     NOT NULL CHECK (version > 0),
    revision       integer     NOT NULL CHECK (revision > 0),
    state          text        NOT NULL CHECK (state IN ('serving', 'building', 'retired')),
    transaction_id xid8        NOT NULL DEFAULT '0',
    position       bigint      NOT NULL DEFAULT 0,
    events         bigint      NOT NULL DEFAULT 0,
    begun_at       timestamptz NOT NULL DEFAULT now(),
    runner         text,
    renewed_at     timestamptz NOT NULL DEFAULT now(),
    error          text,
    stopped_at     timestamptz,
    PRIMARY KEY (name, version)
) WITH (fillfactor = 50);

CREATE UNIQUE INDEX one_version_serves ON projections (name) WHERE state = 'serving';
CREATE UNIQUE INDEX one_version_is_built ON projections (name) WHERE state = 'building';
