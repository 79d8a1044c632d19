-- Who answers, whether it takes writes, the settings that decide whether what it commits lasts, and whether its
-- commits wait for a standby.
SELECT
    pg_backend_pid() AS pid,
    NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS takes_writes,
    current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit,
    coalesce(current_setting('synchronous_standby_names', true), '') <> '' AS replicates
