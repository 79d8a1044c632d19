"""What reacts to the log by giving commands. No leader: a repeat, on another server too, changes nothing."""
