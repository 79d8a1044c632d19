-- Oldest release beside it: 0.2.0
-- The hash over a game's events up to this one: server/store/history.py. An event that was recorded before there
-- were hashes, or by an older server, has none; it is computed when it is read.
ALTER TABLE events ADD COLUMN hash bytea
