"""Several worker processes on one address: each is a server of its own; they share the listening socket."""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from server.errors import CannotStart
from server.host import child
from server.metrics import beats, forget_worker
from server.serving.shared_limits import LimitServer
from server.settings import Settings

logger = logging.getLogger(__name__)

POLL = 0.2
"""Time between two looks at whether every worker runs, in seconds."""
HANG_TIMEOUT = 30.0
"""Time for which the event loop of a worker may stand still before the worker is replaced, in seconds."""
RESTART_DELAY = 1.0
"""Least time from a worker's start to the next one's in its place, in seconds."""


def run(
    settings: Settings, listening: socket.socket, database_url: str, redis_url: str, limits: LimitServer
) -> None:
    """Keep the workers running until SIGINT or SIGTERM, which end them in order.

    `limits` hold for all of them together.
    """
    number = settings.workers
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DATABASE_CONNECTIONS": str(settings.database_connections // number),
        "REDIS_URL": redis_url,
        "WORKERS": "1",
        "HOMES": str(number),
        "LISTEN_FD": str(listening.fileno()),
    }
    with _folder() as folder, contextlib.ExitStack() as stack:
        metrics, homes = folder / "metrics", folder / "homes"
        metrics.mkdir()
        homes.mkdir()
        started = (
            Worker(environment, listening, limits.connect, metrics / str(place), homes / str(place))
            for place in range(number)
        )
        workers = [stack.enter_context(worker.running()) for worker in started]
        stack.callback(_terminate, workers)  # all of them, before any is waited for
        while True:
            limits.serve(POLL)
            for worker in workers:
                worker.keep_running()


class Worker:
    """One place for a worker process, which dies with this process. It counts in `metrics`, a file, and takes
    over connections at `home`, a socket."""

    def __init__(
        self,
        environment: Mapping[str, str],
        listening: socket.socket,
        connect: Callable[[], socket.socket],
        metrics: Path,
        home: Path,
    ) -> None:
        self._environment = {**environment, "METRICS_FILE": str(metrics), "HOME_SOCKET": str(home)}
        self._listening, self._connect, self._metrics = listening, connect, metrics
        self._process = self._start()
        self._started_at = time.monotonic()
        self._beats = self._looks = 0
        """Beats of its event loop as last seen, and the number of looks since they changed."""

    @contextlib.contextmanager
    def running(self) -> Iterator["Worker"]:
        """The worker, ended with the context."""
        try:
            yield self
        finally:
            child.end(self._process, by=signal.SIGTERM)

    def keep_running(self) -> None:
        """Start another process if the one before has ended; end one that hangs."""
        if self._process.poll() is None:
            self._end_if_it_hangs()
            return
        if time.monotonic() - self._started_at < RESTART_DELAY:
            return
        logger.warning(
            "a worker ended",
            extra={
                "worker": self._metrics.name,
                "pid": self._process.pid,
                "status": self._process.returncode,
            },
        )
        forget_worker(self._metrics)
        self._process, self._started_at = self._start(), time.monotonic()

    def _end_if_it_hangs(self) -> None:
        """Looks are counted, and not the time: where this process was paused, the workers may have been."""
        before, self._beats = self._beats, beats(self._metrics)
        self._looks = self._looks + 1 if self._beats and self._beats == before else 0
        if self._looks * POLL >= HANG_TIMEOUT:
            logger.warning("a worker hangs", extra={"worker": self._metrics.name, "pid": self._process.pid})
            self._process.kill()
            self._looks = 0

    def terminate(self) -> None:
        """Ask the process to end in order."""
        self._process.send_signal(signal.SIGTERM)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._connect() as limits:  # closed here, so that it ends with the worker
            return subprocess.Popen(
                [sys.executable, "-m", "server"],
                env={**self._environment, "LIMITS_FD": str(limits.fileno())},
                pass_fds=[self._listening.fileno(), limits.fileno()],
                start_new_session=True,  # Ctrl-C is for this process, which ends them
                preexec_fn=child.die_with_parent(signal.SIGTERM),
            )


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for what workers share, which nobody else can enter. Raises CannotStart."""
    parent: str | None = None
    try:
        tempfile.gettempdir()
    except FileNotFoundError:  # as in a container where nothing can be written
        parent = "/dev/shm"
    try:
        folder = tempfile.TemporaryDirectory(prefix="connect4-", dir=parent)
    except OSError:
        raise CannotStart("Several workers need a temporary folder: set TMPDIR, or WORKERS=1.") from None
    with folder:
        yield Path(folder.name)


def _terminate(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.terminate()
