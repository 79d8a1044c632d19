"""The `connect4` command: a server, with a Postgres and a Valkey of its own where none is named."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from server import logs
from server.app import create_app
from server.delivery import bell
from server.errors import OperatorError
from server.host import embedded, workers
from server.serving import descriptors
from server.serving import server as serving
from server.serving.drain import Drain
from server.serving.shared_limits import LimitServer
from server.settings import Settings
from server.store import address
from server.store.migrate import migrate


def main() -> None:
    """Serve until SIGINT or SIGTERM. What cannot be helped here is one sentence and exit status 1."""
    logs.configure()
    signal.signal(signal.SIGTERM, _end)
    try:
        with _clear_sentences():
            settings = Settings.read(os.environ)
            if settings.metrics_file:
                logs.name_worker(settings.metrics_file.name)
            _serve(descriptors.fitted(settings))
    except KeyboardInterrupt:
        pass


def _serve(settings: Settings) -> None:
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
                workers.run(settings.workers, listening, database, redis, limits)
        drain = Drain()
        app = create_app(settings, database, redis, drain)
        serving.create_server(app, settings, drain).run(sockets=[listening])


@contextlib.contextmanager
def _clear_sentences() -> Iterator[None]:
    try:
        yield
    except OperatorError as error:
        sys.exit(f"connect4: {error}")


def _end_in_order() -> None:
    """Have the main thread end the server. What is told is the reason, by whoever called this."""
    os.kill(os.getpid(), signal.SIGTERM)


def _end(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends what was started, on the way out of the contexts; so it does while that still starts."""
    sys.exit(0)


if __name__ == "__main__":
    main()
