"""Processes react to the log by giving commands. There is no leader: a repeat, on another server too,
changes nothing."""
