-- Makes the table of version N: an entry for each event of a listed game, whose id is the event's. `cause` is the event
-- that a process reacted to, where one did.
CREATE TABLE log_vN (
    id             uuid    PRIMARY KEY,
    transaction_id xid8    NOT NULL,
    position       bigint  NOT NULL,
    game           uuid    NOT NULL,
    version        integer NOT NULL,
    type           text    NOT NULL,
    command_id     uuid    NOT NULL,
    cause          uuid
);
CREATE INDEX log_vN_newest ON log_vN (transaction_id, position);
CREATE INDEX log_vN_newest_of_type ON log_vN (type, transaction_id, position);
CREATE INDEX log_vN_game ON log_vN (game, version);
CREATE INDEX log_vN_command ON log_vN (command_id);
CREATE INDEX log_vN_effects ON log_vN (cause) WHERE cause IS NOT NULL;
