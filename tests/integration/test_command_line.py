"""The commands beside `serve`: what they print, on which stream, and how they end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server import __version__
from server.__main__ import main
from tests.conftest import Serve
from tests.support.cluster import Cluster
from tests.support.serving import ROOT, command


def run(*arguments: str, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `connect4` to its end, with nothing in its environment but the PATH and `environment`."""
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        env={"PATH": os.environ["PATH"], **{name: str(value) for name, value in environment.items()}},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


Tell = Callable[..., tuple[object, str, str]]


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Runs `connect4` in this process, where it ends at its arguments: the exit status, and what it printed
    on its two streams. A process takes a second to start."""

    def tell(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["connect4", *arguments])
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            with pytest.raises(SystemExit) as end:
                main()
        finally:
            signal.signal(signal.SIGTERM, on_sigterm)
        return end.value.code, *capsys.readouterr()

    return tell


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands_and_has_examples(tell: Tell, option: str) -> None:
    status, told, complaints = tell(option)
    assert status in (None, 0)
    assert all(word in told for word in ("serve", "migrate", "Examples:", "Exit status:", "DATA_DIR"))
    assert complaints == ""


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"connect4, version {__version__}\n"


@pytest.mark.parametrize("wrong", [["migrat"], ["migrate", "--yaml"], ["migrate", "again"], ["--port", "80"]])
def test_what_is_not_there_is_told_with_exit_status_2(tell: Tell, wrong: list[str]) -> None:
    status, told, complaints = tell(*wrong)
    assert (status, told) == (2, "")
    assert "Usage: connect4" in complaints
    assert "Traceback" not in complaints


async def test_a_database_is_migrated_once(cluster: Cluster) -> None:
    async with cluster.database(template="template0") as name:
        url = cluster.url_of(name)
        first, second = [run("migrate", "--json", DATABASE_URL=url) for _ in range(2)]
        third = run("migrate", DATABASE_URL=url)
    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(first.stdout)["migrations"][0] == 1
    assert json.loads(second.stdout) == {"migrations": []}
    assert first.stderr == second.stderr == ""
    assert third.stdout == "There was nothing to migrate.\n"


def test_a_database_that_is_not_there_is_one_sentence_without_the_password() -> None:
    done = run("migrate", DATABASE_URL="postgresql://ada:secret@127.0.0.1:1/games")
    assert (done.returncode, done.stdout) == (1, "")
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("connect4: ")
    assert "secret" not in sentence


def test_without_a_url_a_command_uses_the_database_of_the_data_folder_running_or_not(tmp_path: Path) -> None:
    assert json.loads(run("migrate", "--json", DATA_DIR=tmp_path).stdout)["migrations"][0] == 1
    with command({"PORT": "0", "DATA_DIR": tmp_path}) as server:
        server.wait_for_address()
        beside = run("migrate", "--json", DATA_DIR=tmp_path)
        assert json.loads(beside.stdout) == {"migrations": []}
        assert server.end() == 0


async def test_projections_are_listed_and_rebuilt(serve: Serve, database: str) -> None:
    async with serve() as api:
        await api.start()
        listed = await asyncio.to_thread(run, "projections", DATABASE_URL=database)
        assert listed.returncode == 0
        names = [line.split()[0] for line in listed.stdout.splitlines()]
        assert names == ["NAME", "deadlines", "games", "log", "ratings"]
        rebuilt = await asyncio.to_thread(run, "projections", "rebuild", "games", DATABASE_URL=database)
        assert (rebuilt.returncode, rebuilt.stdout.split(":")[0]) == (0, "games is served from version 2")
        again = await asyncio.to_thread(
            run, "projections", "rebuild", "games", "--json", DATABASE_URL=database
        )
        assert json.loads(again.stdout.splitlines()[-1])["done"] is True
        shown = await asyncio.to_thread(run, "projections", "--json", DATABASE_URL=database)
        versions = {each["name"]: each["version"] for each in json.loads(shown.stdout)["projections"]}
        assert versions == {"deadlines": 1, "games": 3, "log": 1, "ratings": 1}


def test_projections_that_nobody_runs_are_told_by_the_exit_status(database: str) -> None:
    done = run("projections", "--json", DATABASE_URL=database)
    assert done.returncode == 1
    assert {each["runner"] for each in json.loads(done.stdout)["projections"]} == {None}


def test_a_projection_that_is_not_there_is_one_sentence_with_those_that_are(database: str) -> None:
    done = run("projections", "rebuild", "chess", DATABASE_URL=database)
    assert (done.returncode, done.stdout) == (1, "")
    there = "deadlines, games, log, ratings"
    assert done.stderr == f"connect4: There is no projection 'chess'; there are: {there}.\n"
