"""Makes the server's role and database in a Postgres that is its own."""

import asyncpg

ROLE = "connect4"
"""The name of the role, and of the database that belongs to it."""
TIMEOUT = 2.0
"""Time that Postgres may take to accept a connection, in seconds."""


async def provision(admin_url: str) -> bool:
    """Make what is not there yet, as the superuser of `admin_url`; False while Postgres does not answer.

    The role is no superuser: what the database refuses to it, it cannot allow itself by accident.
    """
    try:
        connection = await asyncpg.connect(admin_url, timeout=TIMEOUT)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", ROLE):
            await connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
    finally:
        await connection.close()
    return True
