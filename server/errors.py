"""Every error of this server, in one tree.

    Rejected                       a player's mistake, told to the player: server/game/rejected.py
    ServerError
    ├── WrongExpectedVersion       a lost race: load the stream again and decide again
    ├── HistoryChanged             the database went back: load the stream again, from the start
    ├── StoreUnavailable           the database does not answer
    │   ├── NotSent                nothing was sent to it, so nothing was recorded
    │   │   └── ReadOnly           it takes no writes: a standby, or one that is set to refuse them
    │   └── OutcomeUnknown         something was sent: it may be recorded or not
    ├── BellUnavailable            Redis does not answer
    ├── BadToken                   a token that opens no seat
    ├── TooMany                    a limit is reached
    ├── TooOften                   a rate is exceeded; says when to try again
    ├── Problem                    an answer over HTTP that is an RFC 9457 problem
    └── OperatorError              said in one sentence at the start, with exit status 1
        ├── BadSetting             an environment variable that cannot be read
        ├── BadAddress             the address of a database that cannot be used; its text holds no secret
        ├── CannotStart            an address, a program or a folder that is not to be had
        │   └── FolderInUse        a data folder that another server has
        ├── NotDurable             a database that answers before it has written to disk
        ├── UnusableDatabase       a database that is away, refuses the server, or takes no writes
        ├── SchemaTooNew           a database that a newer release has made unusable for this one
        ├── CannotMigrate          a migration that does not get its locks
        ├── NotMigrated            a database without the tables of this release
        └── UnknownProjection      a projection that this release does not have

Anything else that is raised is a bug: it is logged once, with its traceback.
"""

from collections.abc import Iterable
from http import HTTPStatus
from math import ceil
from uuid import UUID


class ServerError(Exception):
    """The root of what this server raises, apart from `Rejected`, which is the game's."""


# The store and the bell -----------------------------------------------------------------------------------


class WrongExpectedVersion(ServerError):
    """Another writer appended first, or the stream was never that long. Load it again and decide again."""

    def __init__(self, stream: UUID, expected: int) -> None:
        self.stream, self.expected = stream, expected

    def __str__(self) -> str:
        return f"{self.stream} is not at version {self.expected}"


class HistoryChanged(ServerError):
    """The stream no longer has the event that was read before: the database went back to an earlier state."""

    def __init__(self, stream: UUID, version: int) -> None:
        self.stream, self.version = stream, version

    def __str__(self) -> str:
        return f"{self.stream} no longer has the event that was its version {self.version}"


class StoreUnavailable(ServerError):
    """The database does not answer, or refuses. Its text holds no secret."""


class NotSent(StoreUnavailable):
    """Nothing of the statement was sent to the database, so it has no effect, now or later."""


class ReadOnly(NotSent):
    """The database takes no writes: it is a standby, or `default_transaction_read_only` is on."""


class OutcomeUnknown(StoreUnavailable):
    """The statement was sent, and no answer says that it was carried out. It may be recorded or not."""


class BellUnavailable(ServerError):
    """Redis does not answer. Which messages went out is unknown."""


# Clients --------------------------------------------------------------------------------------------------


class BadToken(ServerError):
    """The token opens no seat of this game."""


class TooMany(ServerError):
    """There are as many as there may be. `limit` is the name of the setting that says how many."""

    def __init__(self, limit: str) -> None:
        self.limit = limit

    def __str__(self) -> str:
        return f"as many as {self.limit} allows"


class TooOften(ServerError):
    """An address does something more often than it may. `retry_after` is in seconds from now."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"Too often from your address; try again in {ceil(self.retry_after)} s."


class Problem(ServerError):
    """An RFC 9457 problem: what went wrong, for a program (`code`) and for a person (`detail`)."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        self.status, self.code, self.detail = status, code, detail

    def __str__(self) -> str:
        return f"{self.status.value} {self.code}: {self.detail}"


# The operator ---------------------------------------------------------------------------------------------


class OperatorError(ServerError):
    """The server cannot run like this. Its text is one sentence for whoever reads the terminal."""


class BadSetting(OperatorError):
    """An environment variable has a value that cannot be used. `value` is None where it may hold a secret."""

    def __init__(self, name: str, value: str | None, wanted: str) -> None:
        self.name, self.value, self.wanted = name, value, wanted

    def __str__(self) -> str:
        value = "" if self.value is None else f"={self.value!r}"
        return f"{self.name}{value} is not {self.wanted}."


class BadAddress(OperatorError):
    """The address of a database cannot be used. `fault` continues the sentence that the variable begins, and
    repeats nothing of the address, any part of which may be a piece of its password."""

    def __init__(self, name: str, fault: str) -> None:
        self.name, self.fault = name, fault

    def __str__(self) -> str:
        return f"{self.name} {self.fault}."


class CannotStart(OperatorError):
    """Something that the server needs cannot be started or opened."""


class FolderInUse(CannotStart):
    """Another server runs with this data folder."""


class NotDurable(OperatorError):
    """The database answers before what it was given is on disk, so nothing can be promised."""

    def __init__(self, setting: str) -> None:
        self.setting = setting

    def __str__(self) -> str:
        return f"The database has {self.setting} = off: it would lose moves that were accepted."


class UnusableDatabase(OperatorError):
    """The database cannot be worked with. `fault` continues the sentence and holds no secret."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def __str__(self) -> str:
        return f"The database of DATABASE_URL {self.fault}."


class SchemaTooNew(OperatorError):
    """A newer release has migrated the database, and this release cannot run beside it."""

    def __init__(self, release: str, needed: str | None) -> None:
        self.release, self.needed = release, needed

    def __str__(self) -> str:
        needed = f"release {self.needed} or later" if self.needed else "a newer release"
        return f"The database needs {needed}, and this is release {self.release}."


class CannotMigrate(OperatorError):
    """A migration waited too long for a lock, each time it was tried."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"Migration {self.name} does not get its lock: another program holds the table for too long."


class NotMigrated(OperatorError):
    """The database does not have the tables of this release yet."""

    def __str__(self) -> str:
        return "The database does not have the tables of this release: `connect4 migrate` makes them."


class UnknownProjection(OperatorError):
    """There is no projection of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, sorted(known)

    def __str__(self) -> str:
        return f"There is no projection {self.name!r}; there are: {', '.join(self.known)}."
