"""Limits of a server that a busy machine may exceed, raised; and the server as a program that has them so."""

import runpy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from server.delivery import bell, node, slot_map
from server.processes import matching
from server.store import database, waiting

PATIENCE = 60
"""Time limit for Postgres and Redis, in seconds."""


def be_patient(set_attribute: Callable[[object, str, Any], None] = setattr) -> None:
    """Have servers of this process wait long for Postgres and Redis."""
    for name in ("COMMAND_TIMEOUT", "WAIT_TIMEOUT"):
        set_attribute(database, name, PATIENCE)
    for module in (bell, node, slot_map):
        set_attribute(module, "TIMEOUT", PATIENCE)
    set_attribute(matching, "TURN_TIMEOUT", PATIENCE)
    set_attribute(waiting, "HOLD_TIMEOUT", timedelta(seconds=PATIENCE))


if __name__ == "__main__":
    be_patient()
    runpy.run_module("server", run_name="__main__", alter_sys=True)
