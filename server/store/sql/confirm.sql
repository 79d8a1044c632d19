-- A commit that changes nothing and waits for the standby as any other does: when it is there, so is all before it.
SELECT pg_logical_emit_message(true, 'connect4', '')
