-- Oldest release beside it: 0.1.0
-- The log. Its rows are never changed and never removed, and the database itself sees to that.
CREATE TABLE events (
    stream_id      uuid        NOT NULL,
    version        integer     NOT NULL CHECK (version > 0),
    type           text        NOT NULL,
    schema_version smallint    NOT NULL CHECK (schema_version > 0),
    data           jsonb       NOT NULL,
    metadata       jsonb       NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    transaction_id xid8        NOT NULL DEFAULT pg_current_xact_id(),
    position       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (stream_id, version)
);

-- The order in which the whole log may be read: see docs/decisions/0002-commit-order.md.
CREATE UNIQUE INDEX events_in_commit_order ON events (transaction_id, position);

CREATE FUNCTION refuse_to_change_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only: % is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_log();

-- ALWAYS: not even session_replication_role = replica, a superuser's way round triggers, gets past it.
ALTER TABLE events ENABLE ALWAYS TRIGGER append_only;

-- Beside the trigger: the role that owns the table, which is the server's, may only add and read.
REVOKE ALL ON events FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE ON events FROM CURRENT_USER;
