"""Every error of this server, in one tree.

    Rejected                       a player's mistake, told to the player: server/game/rejected.py
    ServerError
    ├── WrongExpectedVersion       a lost race: load the stream again and decide again
    ├── UnknownEvent               the log holds an event that a newer release wrote
    ├── StoreUnavailable           the database does not answer
    ├── BellUnavailable            Redis does not answer
    ├── BadToken                   a token that opens no seat
    ├── TooMany                    a limit is reached
    ├── TooOften                   a rate is exceeded; says when to try again
    ├── Problem                    an answer over HTTP that is an RFC 9457 problem
    └── OperatorError              said in one sentence at the start, with exit status 1
        ├── BadSetting             an environment variable that cannot be read
        ├── CannotStart            an address, a program or a folder that is not to be had
        ├── NotDurable             a database that answers before it has written to disk
        └── SchemaTooNew           a database that a newer release has migrated

Anything else that is raised is a bug: it is logged once, with its traceback.
"""

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


class UnknownEvent(ServerError):
    """The log holds an event that this release does not know: a newer one wrote it."""

    def __init__(self, type: str, schema_version: int) -> None:
        self.type, self.schema_version = type, schema_version

    def __str__(self) -> str:
        return f"{self.type} of schema version {self.schema_version} is not known to this release"


class StoreUnavailable(ServerError):
    """The database does not answer. An append that raised this may have been recorded or not."""


class BellUnavailable(ServerError):
    """Redis does not answer. Which messages went out is unknown."""


# Clients --------------------------------------------------------------------------------------------------


class BadToken(ServerError):
    """The token opens no seat of this game."""


class TooMany(ServerError):
    """There are as many as there may be."""


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
    """An environment variable has a value that cannot be used."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        self.name, self.value, self.wanted = name, value, wanted

    def __str__(self) -> str:
        return f"{self.name}={self.value!r} is not {self.wanted}."


class CannotStart(OperatorError):
    """Something that the server needs cannot be started or opened."""


class NotDurable(OperatorError):
    """The database answers before what it was given is on disk, so nothing can be promised."""

    def __init__(self, setting: str) -> None:
        self.setting = setting

    def __str__(self) -> str:
        return f"The database has {self.setting} = off: it would lose moves that were accepted."


class SchemaTooNew(OperatorError):
    """A newer release has migrated the database: its schema may mean what this one does not know."""

    def __init__(self, database: int, known: int) -> None:
        self.database, self.known = database, known

    def __str__(self) -> str:
        return f"The database is at schema {self.database}, and this server knows none past {self.known}."
