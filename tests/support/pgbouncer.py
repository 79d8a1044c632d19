"""pgbouncer before the tests' Postgres, in transaction mode: each transaction may get another connection."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support.absent import absent

PORT = 6432
PATIENCE = 60.0
"""Longest time that it may take to answer, in seconds."""
_UNPRIVILEGED = "nobody"
"""The user that it runs as, and Postgres with it, where the tests are run by root."""


@contextlib.contextmanager
def pgbouncer(database_url: str, **settings: object) -> Iterator[str]:
    """The URL of the database at `database_url` through pgbouncer, which has these `settings`."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        absent("there is no pgbouncer here")
    parts = urlsplit(database_url)
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        folder = Path(name)
        lines = {
            "auth_file": folder / "users",
            "auth_type": "trust",
            "listen_port": PORT,
            "pool_mode": "transaction",
            "unix_socket_dir": folder,
            **settings,
        }
        (folder / "users").write_text(f'"{parts.username}" ""\n')
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={parse_qs(parts.query)['host'][0]}\n[pgbouncer]\n"
            + "".join(f"{name} = {value}\n" for name, value in lines.items())
        )
        process = subprocess.Popen(
            [*_become_unprivileged(folder), program, "-q", str(folder / "pgbouncer.ini")],
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(folder / f".s.PGSQL.{PORT}", process)
            yield f"postgresql://{parts.username}@{parts.path}?host={folder}&port={PORT}"
        finally:
            process.kill()
            process.wait()


def _become_unprivileged(folder: Path) -> list[str]:
    """A prefix for the command, as root: pgbouncer refuses to run as root, and has to get through closed
    folders to the socket of Postgres."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(_UNPRIVILEGED)
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, -1)
    become = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [*become, "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            return
        time.sleep(0.01)
    raise RuntimeError("pgbouncer does not answer")
