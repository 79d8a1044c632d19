"""`connect4 serve`: a server, with a Postgres and a Valkey of its own where none is named."""

import asyncio
import contextlib
import os
import signal

from server.app import create_app
from server.delivery import bell
from server.host import embedded, workers
from server.serving import server as serving
from server.serving.drain import Drain
from server.serving.shared_limits import LimitServer
from server.settings import Settings
from server.store import address
from server.store.migrate import migrate


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises OperatorError where that cannot be."""
    if settings.database_url:
        address.parse(settings.database_url)
    if settings.redis_url:
        bell.check_address(settings.redis_url)
    with (
        serving.bind(settings) as listening,
        embedded.running(
            settings.data_dir, settings.database_url, settings.redis_url, on_lost=_end_in_order
        ) as (database, redis),
    ):
        asyncio.run(migrate(database))
        if settings.workers > 1:
            with contextlib.closing(LimitServer(settings)) as limits:
                workers.run(settings, listening, database, redis, limits)
        drain = Drain()
        app = create_app(settings, database, redis, drain)
        serving.create_server(app, settings, drain).run(sockets=[listening])


def _end_in_order() -> None:
    """Have the main thread end the server. What is told is the reason, by whoever called this."""
    os.kill(os.getpid(), signal.SIGTERM)
