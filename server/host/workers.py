"""Several processes on one address: each a server like any other, with the listening socket handed down."""

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

from prometheus_client import multiprocess

from server.host import child
from server.serving.shared_limits import LimitServer

logger = logging.getLogger(__name__)

LOOK = 0.2
"""How often it is looked whether every worker runs, in seconds."""
AGAIN = 1.0
"""How long after a start a worker that ended is started again at the earliest, in seconds."""


def run(
    number: int, listening: socket.socket, database_url: str, redis_url: str, limits: LimitServer
) -> None:
    """Keep `number` workers running until SIGINT or SIGTERM, which end them in order.

    `limits` hold for all of them together.
    """
    with tempfile.TemporaryDirectory(prefix="connect4-metrics-") as metrics:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "WORKERS": "1",
            "LISTEN_FD": str(listening.fileno()),
            "PROMETHEUS_MULTIPROC_DIR": metrics,
        }
        with contextlib.ExitStack() as stack:
            started = (Worker(environment, listening, limits.connect) for _ in range(number))
            workers = [stack.enter_context(worker.running()) for worker in started]
            stack.callback(_terminate, workers)  # all of them, before any is waited for
            while True:
                limits.serve(LOOK)
                for worker in workers:
                    worker.keep_running(Path(metrics))


class Worker:
    """One of the processes. It dies with this one."""

    def __init__(
        self,
        environment: Mapping[str, str],
        listening: socket.socket,
        connect: Callable[[], socket.socket],
    ) -> None:
        self._environment, self._listening, self._connect = environment, listening, connect
        self._process = self._start()
        self._started_at = time.monotonic()

    @contextlib.contextmanager
    def running(self) -> Iterator["Worker"]:
        """Itself, ended with the context."""
        try:
            yield self
        finally:
            child.end(self._process, by=signal.SIGTERM)

    def keep_running(self, metrics: Path) -> None:
        """Start it again where it has ended."""
        if self._process.poll() is None or time.monotonic() - self._started_at < AGAIN:
            return
        logger.warning("a worker ended", extra={"pid": self._process.pid, "status": self._process.returncode})
        multiprocess.mark_process_dead(self._process.pid, str(metrics))  # type: ignore[no-untyped-call]
        self._process, self._started_at = self._start(), time.monotonic()

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._connect() as limits:  # closed here, so that it ends with the worker
            return subprocess.Popen(
                [sys.executable, "-m", "server"],
                env={**self._environment, "LIMITS_FD": str(limits.fileno())},
                pass_fds=[self._listening.fileno(), limits.fileno()],
                start_new_session=True,  # Ctrl-C is for us, who end it
                preexec_fn=child.die_with_parent(signal.SIGTERM),
            )


def _terminate(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.terminate()
