-- Takes the lock of pool $1 until the end of the transaction. A server that stops in the middle loses it after $2.
SELECT set_config('idle_in_transaction_session_timeout', $2, true), pg_advisory_xact_lock(hashtext('matching'), hashtext($1))
