-- Waits until nobody else makes, serves from or drops a version of $1.
SELECT pg_advisory_xact_lock(hashtextextended('projections ' || $1, 0))
