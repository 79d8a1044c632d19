"""The server as a program that waits long for its database, which may be slow on a busy machine."""

import runpy

from server.store import database

PATIENCE = 60.0
"""Time limit of a statement and of the wait for a connection, in seconds."""

if __name__ == "__main__":
    database.COMMAND_TIMEOUT = database.WAIT_TIMEOUT = PATIENCE
    runpy.run_module("server", run_name="__main__", alter_sys=True)
