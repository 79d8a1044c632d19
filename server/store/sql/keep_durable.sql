-- For a new connection: from here on synchronous_commit can be turned off for it by nobody else, neither by a
-- reload of the configuration nor by what its role or its database is set to. A stricter value is kept.
SELECT set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false)
