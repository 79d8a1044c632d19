"""The event store: the protocol, its Postgres implementation, and what else is kept in the database."""
