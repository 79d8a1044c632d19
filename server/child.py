"""A server program as a child: started, waited for, stopped, and never left behind."""

import contextlib
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT = 60.0
"""How long a server may take to answer, in seconds: recovery after a crash is part of it."""
STOP_TIMEOUT = 10.0
"""How long a server may take to stop before it is killed, in seconds."""

_PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """What is needed cannot be started; the text is one sentence for who reads the terminal."""


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
    """Run `command` in `folder`, as `user` or ourselves, its output in `log`; stop it with the context.

    `user` needs no right to reach `folder`. Raises CannotStart.
    """
    with log.open("ab") as output:
        try:
            # A session of its own: Ctrl-C is for us, who stop it when nothing needs it any more.
            process = subprocess.Popen(
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
    try:
        yield process
    finally:
        end(process, stop_by)


def end(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    """Stop `process`, in order if it ends within STOP_TIMEOUT."""
    process.send_signal(by)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def die_with_parent(by: signal.Signals) -> Callable[[], None] | None:
    """What a new process is to do first, so that the kernel ends it when this one ends, where it can."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, by)


def wait_until_answers(
    name: str, process: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool]
) -> None:
    """Return when `answers`. Raises CannotStart when the process ends or START_TIMEOUT is over."""
    deadline = time.monotonic() + START_TIMEOUT
    while not answers():
        if process.poll() is not None:
            raise CannotStart(f"{name} ended at once ({log}): {last_line(log.read_text(errors='replace'))}")
        if time.monotonic() > deadline:
            raise CannotStart(f"{name} does not answer; see {log}.")
        time.sleep(0.02)


def end_leftover(pid_file: Path, name: str, by: signal.Signals) -> None:
    """End the program of an owner that was killed, where it still runs or is only just ending.

    The file's first line is its process id; by now somebody else may have that id, so `name` is
    looked at.
    """
    import psutil  # here, because only the extra 'embedded' has it

    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if name not in process.name():
            return
        process.send_signal(by)
        deadline = time.monotonic() + START_TIMEOUT
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.02)


def last_line(text: str) -> str:
    """The last line that says something."""
    return text.strip().rpartition("\n")[2]
