-- The cluster that answers, by the identifier that its copies share, and its timeline, which begins with each promotion:
-- the first eight digits of the name of a file of the write-ahead log.
SELECT
    (SELECT system_identifier FROM pg_control_system()) AS system,
    ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint AS timeline
