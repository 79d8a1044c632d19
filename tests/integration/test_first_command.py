"""README's first command, `make run`: as root and not, in folders of any name and mode."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from tests.integration.test_command import gone, until
from tests.support.absent import absent
from tests.support.checkout import check_out, install, open_python
from tests.support.player import Api, client
from tests.support.serving import START_TIMEOUT, Command

DOCKER = (
    "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,"
    "+sys_chroot,+mknod,+audit_write,+setfcap"
)
"""The capabilities that Docker leaves to root, as setpriv takes them."""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="root alone has to become somebody else")


@pytest.fixture(autouse=True)
def _make() -> None:
    if not shutil.which("make"):
        absent("make is missing")


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may enter, unlike those of pytest's own."""
    with tempfile.TemporaryDirectory(prefix="connect4-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of mode 0700, its packages installed."""
    folder = tmp_path_factory.mktemp("closed") / "connect4"
    folder.parent.chmod(0o700)
    check_out(folder)
    install(folder, Path(sys.executable))
    return folder


@contextlib.contextmanager
def make_run(
    folder: Path, environment: Mapping[str, str], prefix: Sequence[str], user: pwd.struct_passwd | None
) -> Iterator[Command]:
    """`make run` in `folder`, ended by Ctrl-C and waited for."""
    process = subprocess.Popen(
        [*prefix, "make", "run"],
        env={"PATH": os.environ["PATH"], "PORT": "0", **environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=() if user else None,
    )
    try:
        yield Command(process)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=START_TIMEOUT)


@contextlib.asynccontextmanager
async def playing(
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    prefix: Sequence[str] = (),
    user: pwd.struct_passwd | None = None,
) -> AsyncIterator[Api]:
    """`make run` in `folder`, and a client of the server; with it all ends that was started."""
    with make_run(folder, environment, prefix, user) as command:
        url = await asyncio.to_thread(command.wait_for_address)
        started = psutil.Process(command.process.pid).children(recursive=True)
        assert {"postgres", "valkey-server"} <= {process.name() for process in started}
        async with client(url) as http:
            yield Api(url, http)
    await until(lambda: gone(started))


@root_only
@pytest.mark.parametrize(
    "prefix", [[], ["setpriv", "--inh-caps=-all", f"--bounding-set={DOCKER}"]], ids=["root", "Docker's root"]
)
async def test_root_plays_in_a_folder_closed_to_others(closed: Path, prefix: list[str]) -> None:
    shutil.rmtree(closed / ".data", ignore_errors=True)
    async with playing(closed, prefix=prefix) as api:
        game, _, _ = await api.start()
    assert closed.parent.stat().st_mode & 0o777 == 0o700
    async with playing(closed, prefix=prefix) as api:
        assert (await api.state(game))["version"] == 4


async def test_an_ordinary_user_plays_in_a_folder_with_spaces_and_a_comma_and_without_a_home(
    public: Path,
) -> None:
    folder = public / "four in a row, played"
    python, environment = open_python(public / "python")
    check_out(folder)
    install(folder, python)
    home = public / "home"
    home.mkdir(mode=0)
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
    async with playing(folder, {**environment, "HOME": str(home)}, user=user) as api:
        await api.start()
