"""A program as a child process: started, waited for, stopped, and never left behind."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.errors import CannotStart

logger = logging.getLogger(__name__)

START_TIMEOUT = 600.0
"""Time that a program may take to answer, in seconds: a database's recovery after a crash is part of it."""
SLOW_START = 5.0
"""Time to an answer after which the log says that it takes long, in seconds."""
STOP_TIMEOUT = 10.0
"""Time that a program may take to stop before it is killed, in seconds."""
ORPHAN_TIMEOUT = 1.0
"""Time that processes whose parent has ended may take to notice it before they are killed, in seconds."""
POLL = 0.02
"""Time between two looks at something that is waited for, in seconds."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class User:
    """A user other than ours, whom root can run a program as."""

    uid: int
    gid: int


@contextlib.contextmanager
def running(
    command: Sequence[str],
    log: Path,
    stop_by: signal.Signals,
    *,
    folder: Path = Path("/"),
    user: User | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command`, as `start` does; stop it at the end of the context. Raises CannotStart."""
    process = start(command, log, stop_by, folder=folder, user=user)
    try:
        yield process
    finally:
        end(process, stop_by)


def start(
    command: Sequence[str],
    log: Path,
    stop_by: signal.Signals,
    *,
    folder: Path = Path("/"),
    user: User | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in `folder`, as `user` or ourselves, its output in `log`. It is stopped when the thread
    that called this ends. `user` needs no right to reach `folder`. Raises CannotStart.
    """
    with log.open("ab") as output:
        try:
            # A session of its own: Ctrl-C is for us, who stop it when nothing needs it any more.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=() if user else None,
                preexec_fn=die_with_parent(stop_by),  # after the change of user, which would undo it
            )
        except OSError as error:
            raise CannotStart(f"{command[0]} cannot be run: {error.strerror}.") from None


def end(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    """Stop `process`: in order, or killed after STOP_TIMEOUT."""
    process.send_signal(by)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def die_with_parent(by: signal.Signals) -> Callable[[], None] | None:
    """A function for a new process to call first, so that the kernel ends it when this one ends; None where
    the kernel cannot do that. It is safe beside other threads: it makes two system calls and no more."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, by)
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(1)

    return ask


def wait_until_answers(
    name: str,
    process: subprocess.Popen[bytes],
    log: Path,
    answers: Callable[[], bool],
    stopping: threading.Event | None = None,
) -> None:
    """Return when `answers`, or when `stopping` is set.

    Raises CannotStart when the process ends or START_TIMEOUT is over.
    """
    began = time.monotonic()
    told = False
    while not answers():
        waited = time.monotonic() - began
        if process.poll() is not None:
            raise CannotStart(f"{name} ended at once ({log}): {last_line(log.read_text(errors='replace'))}")
        if waited > START_TIMEOUT:
            raise CannotStart(f"{name} does not answer; see {log}.")
        if waited > SLOW_START and not told:
            told = True
            logger.warning(
                "an embedded program takes long to start, as after a crash",
                extra={"program": name, "log": str(log)},
            )
        if stopping is None:
            time.sleep(POLL)
        elif stopping.wait(POLL):
            return


def end_leftover(pid_file: Path, name: str, by: signal.Signals) -> None:
    """End the program that an owner left running when it was killed, if there is one.

    The first line of `pid_file` is its process id. Another program may have that id by now, so `name` is
    compared too.
    """
    import psutil  # here, because only the extra 'embedded' has it

    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if name not in process.name():
            return
        process.send_signal(by)
        deadline = time.monotonic() + STOP_TIMEOUT
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(POLL)


def end_orphans(mark: str) -> None:
    """Return when no process has `mark` in its command line any more.

    When a program is killed, processes that it started may last a little longer, and with them memory that
    its successor needs. One that does not notice within ORPHAN_TIMEOUT is killed.
    """
    import psutil

    def marked(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return any(mark in argument for argument in process.cmdline())
        return False

    deadline = time.monotonic() + ORPHAN_TIMEOUT
    while orphans := [process for process in psutil.process_iter() if marked(process)]:
        if time.monotonic() > deadline:
            for process in orphans:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        time.sleep(POLL)


def last_line(text: str) -> str:
    """The last line of `text` that is not empty."""
    return text.strip().rpartition("\n")[2]
