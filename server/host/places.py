"""Where Postgres finds its programs, its data and its socket: within reach of the user that it runs as.

Postgres refuses to run as root, so root runs it as somebody else, who may enter none of root's folders,
such as a home of mode 0700. Those stay closed. The programs are copied to a public folder: no capability
opens a closed one to them, since they check themselves with access(2), which honours none of a user other
than root. The data stays where it is: a process needs no right to reach the folder that it was started in.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from server.errors import CannotStart
from server.host.child import User

PROGRAMS = Path("pginstall", "bin")
"""Folder of the programs, in the wheel of Postgres."""

_ACCOUNT = "nobody"
"""Name of the account that Postgres runs as when we are root."""
_LONGEST_SOCKET_DIR = 85
"""Length of a socket's folder, in bytes: a socket's path may have 103 on macOS and 107 on Linux."""
_LONGEST_PATH = 900
"""Length of a folder's path, in bytes: Postgres has room for 1023 with the names of its files."""
_STARTED_IN = Path("/proc/self/cwd")
"""The folder that a process was started in. To use this name it needs no right to enter the folders above."""
_FOR_PROGRAMS = ("/var/cache", "/var/tmp", "/tmp")
"""Folders that everybody may enter, for a copy of the programs; the first that will do is used."""
_FOR_BUILDING = {".a", ".h", ".pyc"}
"""Suffixes of the files in the wheel that no program reads: they are not copied."""


def postgres_user() -> User | None:
    """The user that Postgres is to run as, or None for our own. Raises CannotStart."""
    if os.geteuid() != 0:
        return None
    try:
        account = pwd.getpwnam(_ACCOUNT)
    except KeyError:
        raise _cannot_change_user(f"there is no user {_ACCOUNT} here") from None
    return User(account.pw_uid, account.pw_gid)


def give(folder: Path, user: User | None) -> None:
    """Have `user`, or us, own `folder` and nobody else enter it. Raises CannotStart."""
    folder.chmod(0o700)
    if user:
        try:
            os.chown(folder, user.uid, user.gid)
        except OSError as error:
            raise _cannot_change_user(f"root may not run it as {_ACCOUNT} here: {error.strerror}") from None


def seen_from_inside(folder: Path, user: User | None) -> Path:
    """A name of `folder` for a process that `user` runs and that is started in it."""
    folder = folder.resolve()
    return folder if _reaches(user, folder.parent) or not _STARTED_IN.exists() else _STARTED_IN


def socket_folder(folder: Path, user: User | None) -> Path:
    """`folder`, or where a socket's path cannot begin with its, one of `user`'s own in a public folder.

    Raises CannotStart.
    """
    path = os.fsencode(folder)
    if len(path) <= _LONGEST_SOCKET_DIR and b"," not in path:  # by commas Postgres divides a list of them
        return folder
    name = f"connect4-{hashlib.sha256(path).hexdigest()[:16]}"
    for public in _public_folders(user, tempfile.gettempdir(), "/tmp", "/var/tmp"):
        found = public / name
        if len(os.fsencode(found)) > _LONGEST_SOCKET_DIR:
            continue
        with contextlib.suppress(OSError):
            found.mkdir(mode=0o700, exist_ok=True)
            if found.lstat().st_uid in (os.geteuid(), user and user.uid) and not found.is_symlink():
                give(found, user)
                return found
    raise CannotStart(f"The path of {folder} is too long for a socket: set DATA_DIR to another folder.")


def programs(wheel: Path, user: User | None) -> Path:
    """The folder of the programs in `wheel`, or where `user` cannot use it, of a copy in a public folder.

    A copy is kept for the next time. Raises CannotStart.
    """
    wheel = wheel.resolve()
    if _reaches(user, wheel / PROGRAMS):
        return wheel / PROGRAMS
    name = f"connect4-postgres-{version(wheel.name)}"
    for public in _public_folders(user, *_FOR_PROGRAMS):
        copy = public / name
        if os.statvfs(public).f_flag & getattr(os, "ST_NOEXEC", 0):
            continue
        with contextlib.suppress(OSError):  # read-only, or full
            copy.mkdir(mode=0o755, exist_ok=True)
            if copy.lstat().st_uid == os.geteuid() and not copy.is_symlink():
                _complete(copy, wheel)
                return copy / wheel.name / PROGRAMS
    raise CannotStart(
        f"Postgres cannot run from {wheel}, and its programs cannot be copied to /var/cache:"
        " install them in a folder that everybody may enter, or set DATABASE_URL."
    )


def _complete(copy: Path, wheel: Path) -> None:
    """Copy what is not in `copy` yet, and let everybody read it, whatever our umask.

    Each file is there as a whole or not at all, so that whoever is killed here, or is here at the same
    time, does no harm.
    """
    files = [
        file
        for part in (wheel, wheel.with_name(f"{wheel.name}.libs"))
        for file in part.rglob("*")
        if file.is_file() and file.suffix not in _FOR_BUILDING
    ]
    folders = {folder for file in files for folder in file.relative_to(wheel.parent).parents}
    for folder in sorted(folders):
        (copy / folder).mkdir(exist_ok=True)
        (copy / folder).chmod(0o755)
    for file in files:
        target = copy / file.relative_to(wheel.parent)
        status = file.stat()
        if not target.exists() or target.stat().st_size != status.st_size:
            unfinished = target.with_name(f"{target.name}.{os.getpid()}")
            shutil.copyfile(file, unfinished)
            unfinished.chmod(0o755 if status.st_mode & 0o100 else 0o644)
            unfinished.replace(target)


def _reaches(user: User | None, folder: Path) -> bool:
    """True if Postgres has room for the path of `folder`, and `user` may enter every part of it."""
    if len(os.fsencode(folder)) > _LONGEST_PATH:
        return False
    return user is None or all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _public_folders(user: User | None, *paths: str) -> Iterator[Path]:
    for folder in dict.fromkeys(Path(path).resolve() for path in paths):
        if folder.is_dir() and _reaches(user, folder):
            yield folder


def _cannot_change_user(why: str) -> CannotStart:
    return CannotStart(
        f"Postgres does not run as root, and {why}. Run the server as another user, or set DATABASE_URL."
    )
