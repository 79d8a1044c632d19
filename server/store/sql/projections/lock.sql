-- Whether this transaction is the only one on the version whose table is $1. By itself: what the next statement sees
-- has to be later than the lock. A read model that is lost with the newest commits is folded again, so nobody waits
-- for the disk.
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)), set_config('synchronous_commit', 'off', true)
