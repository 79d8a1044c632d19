"""The parent of the workers: what has ended or hangs is replaced."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.host.workers import HANG_TIMEOUT, POLL, Worker
from server.metrics import Metrics

LOOKS = round(HANG_TIMEOUT / POLL)
"""Number of looks after which a worker hangs."""


class Idle(Worker):
    """A worker that does nothing at all."""

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sleep", "1000"])

    def look(self, times: int) -> int | None:
        """Look so often at the process; returns its status, or None while it runs."""
        for _ in range(times):
            self.keep_running()
        try:
            return self._process.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self) -> int:
        return self._process.wait()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Idle]:
    with socket.socket() as listening:
        idle = Idle({}, listening, lambda: listening, tmp_path / "0", tmp_path / "home")
        with idle.running():
            yield idle


def test_a_worker_whose_event_loop_stands_still_is_ended(worker: Idle, tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "0")
    metrics.beat()
    assert worker.look(LOOKS) is None
    worker.look(1)
    assert worker.wait() == -9


def test_a_worker_whose_event_loop_runs_goes_on(worker: Idle, tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "0")
    for _ in range(3):
        metrics.beat()
        assert worker.look(LOOKS) is None


def test_a_worker_that_does_not_serve_yet_may_take_its_time(worker: Idle, tmp_path: Path) -> None:
    assert worker.look(2 * LOOKS) is None
    Metrics(tmp_path / "0")
    assert worker.look(2 * LOOKS) is None
