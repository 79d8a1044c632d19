"""The embedded databases die under a server that runs: they come back, or the server says why and ends."""

import asyncio
import os
from pathlib import Path
from signal import SIGKILL, SIGSTOP

import psutil
import pytest

from tests.integration.test_command import children, gone, playing, until
from tests.support.player import PATIENCE, Api
from tests.support.serving import Command


def pid_of(program: str, data_dir: Path) -> int:
    file = data_dir / {"Postgres": "postgres/postmaster.pid", "Valkey": "valkey.pid"}[program]
    return int(file.read_text().split()[0])


def stop_a_backend(postmaster: int) -> psutil.Process:
    """Have one of Postgres' processes stand still, so that it does not notice what happens to the others."""
    [backend, *_] = [
        process for process in psutil.Process(postmaster).children() if "local" in " ".join(process.cmdline())
    ]
    backend.send_signal(SIGSTOP)
    return backend


async def heard(server: Command, part: str) -> str:
    """The next line of its log with `part` in it."""
    async with asyncio.timeout(PATIENCE):
        return await asyncio.to_thread(server.wait_for_line, part)


async def until_usable(api: Api) -> None:
    """Until the server says that it can use both databases."""
    async with asyncio.timeout(PATIENCE):
        while (await api.http.get("/readyz")).json() != {"ready": True, "postgres": "up", "redis": "up"}:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_embedded_databases_that_are_killed_come_back_and_the_log_says_so(
    tmp_path: Path, workers: str
) -> None:
    async with playing(tmp_path, WORKERS=workers) as (server, api):
        game, yellow, red = await api.start()
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            assert (await ada.move(3))["type"] == "accepted"
            for program in ("Postgres", "Valkey"):
                killed = pid_of(program, tmp_path)
                os.kill(killed, SIGKILL)
                assert f"program={program}" in await heard(server, "embedded program is back")
                assert pid_of(program, tmp_path) != killed
            await until_usable(api)
            assert (await grace.move(3))["type"] == "accepted"
            await ada.hear_version(6)
        assert await asyncio.to_thread(server.end) == 0
    for program in ("Postgres", "Valkey"):
        for said in ("ended", "is back"):
            assert server.output.count(f"embedded program {said} program={program}") == 1
    assert "Traceback" not in server.output


async def test_a_postgres_process_that_outlives_its_parent_does_not_keep_postgres_away(
    tmp_path: Path,
) -> None:
    async with playing(tmp_path) as (server, api):
        await api.start()
        postmaster = pid_of("Postgres", tmp_path)
        orphan = stop_a_backend(postmaster)
        os.kill(postmaster, SIGKILL)
        await heard(server, "embedded program is back program=Postgres")
        assert gone([orphan])
        await until_usable(api)
        await api.start()


async def test_a_signal_while_a_database_is_started_again_ends_everything(tmp_path: Path) -> None:
    async with playing(tmp_path) as (server, api):
        await api.start()
        started = children(server)
        stop_a_backend(pid_of("Postgres", tmp_path))  # it is waited for
        os.kill(pid_of("Postgres", tmp_path), SIGKILL)
        await heard(server, "embedded program ended")
        assert await asyncio.to_thread(server.end) == 0
        await until(lambda: gone([*started, *left_in(tmp_path)]))
    assert "is back" not in server.output
    assert "Traceback" not in server.output


def left_in(data_dir: Path) -> list[psutil.Process]:
    """Programs that were started for this folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(data_dir) in " ".join(process.info["cmdline"] or ())
    ]


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_database_that_cannot_be_started_again_ends_the_server_with_its_reason(
    tmp_path: Path, workers: str
) -> None:
    async with playing(tmp_path, WORKERS=workers) as (server, api):
        await api.start()
        (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
        os.kill(pid_of("Postgres", tmp_path), SIGKILL)
        rest, _ = await asyncio.to_thread(server.process.communicate, timeout=PATIENCE)
    assert server.process.returncode == 1
    errors = [line for line in rest.splitlines() if " ERROR " in line]
    assert len(errors) == 1, rest
    assert "embedded program cannot be started again program=Postgres" in errors[0]
    assert f"log={tmp_path / 'postgres.log'}" in errors[0]
    assert "Traceback" not in rest
