"""Child processes: what is said while one starts, and that one that ends is started again."""

import logging
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from server.errors import CannotStart
from server.host import child, supervisor
from server.host.supervisor import Program

PATIENCE = 60


def sleeper(folder: Path) -> Program:
    """A program that does nothing until it is ended, in a file that a test may take away."""
    script = folder / "sleeper"
    script.write_text("#!/bin/sh\nexec sleep 1000\n")
    script.chmod(0o755)
    return Program(
        name="Sleeper",
        command=[str(script)],
        log=folder / "log",
        stop_by=signal.SIGTERM,
        clean_up=lambda: None,
        answers=lambda: True,
    )


def children() -> list[psutil.Process]:
    return [process for process in psutil.Process().children() if process.name() in ("sleep", "sleeper")]


def test_a_slow_start_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "SLOW_START", 0)
    answers = iter([False] * 5 + [True])
    with child.running(["sleep", "1000"], tmp_path / "log", signal.SIGTERM) as process:
        child.wait_until_answers("Sleeper", process, tmp_path / "log", lambda: next(answers))
    assert [record.message for record in caplog.records] == [
        "an embedded program takes long to start, as after a crash"
    ]


def test_a_program_that_ends_is_started_again_and_ended_with_the_context(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with supervisor.running(sleeper(tmp_path), on_lost=lambda: None):
        [first] = children()
        first.kill()
        first.wait(PATIENCE)
        while "embedded program is back" not in caplog.text:
            time.sleep(0.01)
        [second] = children()
        assert second.pid != first.pid
    assert not second.is_running()
    assert [record.message for record in caplog.records] == [
        "embedded program ended",
        "embedded program is back",
    ]


def test_a_program_that_cannot_be_started_again_is_one_error_and_fails_the_context(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "RETRY_DELAYS", (0, 0))
    lost = threading.Event()
    program = sleeper(tmp_path)

    def run_until_lost() -> None:
        with supervisor.running(program, on_lost=lost.set):
            os.remove(program.command[0])
            children()[0].kill()
            assert lost.wait(PATIENCE)

    with pytest.raises(CannotStart, match="Sleeper ended and cannot be started again"):
        run_until_lost()
    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert vars(error)["log"] == str(program.log)
