"""Keeps an embedded program running: one that ends by itself is started again."""

import contextlib
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.errors import CannotStart
from server.host import child

logger = logging.getLogger(__name__)

POLL = 0.1
"""Time between two looks at whether the program runs, in seconds."""
RETRY_DELAYS = (0.0, 0.5, 1.0, 1.0, 1.0)
"""Pauses before the attempts to start a program again, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that this server starts for itself."""

    name: str
    command: Sequence[str]
    log: Path
    """The file for its output."""
    stop_by: signal.Signals
    """The signal that ends it in order."""
    clean_up: Callable[[], None]
    """Ends what an earlier run left behind."""
    answers: Callable[[], bool]
    """True if it can be used."""
    folder: Path = Path("/")
    """The folder that it is started in."""
    user: child.User | None = None
    """The user that it runs as; None for our own."""


@contextlib.contextmanager
def running(program: Program, on_lost: Callable[[], None] | None) -> Iterator[None]:
    """Run `program` for as long as the context lasts.

    When it ends by itself it is started again. If that fails, `on_lost` is called, from another thread, and
    the end of the context raises CannotStart. Without `on_lost` it is never started again.

    Raises CannotStart.
    """
    supervisor = _Supervisor(program, on_lost)
    try:
        yield
    finally:
        supervisor.stop()
        if supervisor.lost:
            raise supervisor.lost


class _Supervisor:
    """A thread of its own, because the event loop of the server must not wait for a program.

    The kernel ends a child with the thread that started it, so the thread lasts as long as the program.
    """

    def __init__(self, program: Program, on_lost: Callable[[], None] | None) -> None:
        self._program, self._on_lost = program, on_lost
        self._stopping = threading.Event()
        self.lost: CannotStart | None = None
        self._process = self._start()
        self._thread = threading.Thread(target=self._run, name=f"{program.name} supervisor", daemon=True)
        if on_lost:
            self._thread.start()

    def stop(self) -> None:
        """End the program, and return when it has ended."""
        self._stopping.set()
        if self._on_lost:
            self._thread.join()
        else:
            child.end(self._process, self._program.stop_by)

    def _start(self) -> subprocess.Popen[bytes]:
        program = self._program
        program.clean_up()
        process = child.start(
            program.command, program.log, program.stop_by, folder=program.folder, user=program.user
        )
        try:
            child.wait_until_answers(program.name, process, program.log, program.answers, self._stopping)
        except BaseException:
            child.end(process, program.stop_by)
            raise
        return process

    def _run(self) -> None:
        while not self._stopping.wait(POLL):
            if self._process.poll() is not None:
                self._restart()
        child.end(self._process, self._program.stop_by)

    def _restart(self) -> None:
        program = self._program
        about = {"program": program.name, "log": str(program.log)}
        logger.warning("embedded program ended", extra=about | {"status": self._process.returncode})
        began = time.monotonic()
        failure: Exception | None = None
        for delay in RETRY_DELAYS:
            if self._stopping.wait(delay):
                return
            try:
                self._process = self._start()
            except Exception as error:  # whatever it is, there is somebody to tell of it
                failure = error
            else:
                if not self._stopping.is_set():
                    seconds = round(time.monotonic() - began, 1)
                    logger.info("embedded program is back", extra=about | {"seconds": seconds})
                return
        self._lose(CannotStart(f"{program.name} ended and cannot be started again: {failure}"), about)

    def _lose(self, error: CannotStart, about: dict[str, str]) -> None:
        self.lost = error
        logger.error("embedded program cannot be started again", extra=about | {"error": str(error)})
        assert self._on_lost
        self._on_lost()
        self._stopping.wait()
