-- For a new connection: from here on synchronous_commit can be turned off for it by nobody else, neither by a
-- reload of the configuration nor by what its role or its database is set to. Where there is a standby that commits
-- wait for, `local` would not wait for it. A stricter value is kept.
SELECT set_config(
    'synchronous_commit',
    CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on'
    ELSE current_setting('synchronous_commit') END,
    false
)
