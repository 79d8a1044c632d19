"""The commands that clients gave and the answers they got: all that the checker knows beside the log."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.game.board import Seat
from server.game.commands import Command
from server.sockets.participant import REMEMBERED
from server.store.event_store import StreamId
from tests.simulation.store import Log

NOT_FINAL = {"unavailable", "rate_limited"}
"""Codes of refusals after which the same command may still be carried out."""

Answer = int | str
"""The version of an accepted command, or the code of a refusal."""


@dataclass(slots=True)
class Asked:
    """A command and everything that became of it."""

    id: UUID
    stream: StreamId
    command: Command
    on: int | None
    """The version that the client named as the one it saw, if it named one."""
    since: dict[int, int] = field(default_factory=dict)
    """The log's version when the command was first sent, by socket."""
    sent: list[int] = field(default_factory=list)
    """The socket of each time that it was sent; 0 stands for HTTP."""
    answers: list[tuple[int, Answer, int]] = field(default_factory=list)
    """Each answer, after the socket it came from and before the log's version at that time."""
    arrived: dict[int, list[datetime]] = field(default_factory=dict)
    """The moments at which it came to a server, by socket."""
    sent_after_refusal: bool = False

    @property
    def accepted(self) -> set[int]:
        return {answer for _, answer, _ in self.answers if isinstance(answer, int)}

    @property
    def refusals(self) -> list[tuple[int, str, int]]:
        """The answers that are final refusals."""
        return [
            (socket, answer, version)
            for socket, answer, version in self.answers
            if isinstance(answer, str) and answer not in NOT_FINAL
        ]

    @property
    def refused(self) -> set[str]:
        return {code for _, code, _ in self.refusals}

    @property
    def open_elsewhere(self) -> bool:
        """True if a socket has answered it less often than it was sent there: it may yet be carried out."""
        return bool(Counter(self.sent) - Counter(socket for socket, _, _ in self.answers))

    @property
    def settled(self) -> bool:
        return bool(self.accepted or self.refused)


@dataclass(slots=True)
class Stay:
    """The time from which to which a client had a seat; without an end it is there still."""

    client: object
    since: datetime
    until: datetime | None = None


class Journal:
    """All commands of a run, by id, in the order they were first given."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.commands: dict[UUID, Asked] = {}
        self.presence: dict[tuple[StreamId, Seat], list[Stay]] = {}
        """The times in which a player had a seat, as far as the player could tell."""
        self._refused: dict[int, list[UUID]] = {}
        """The commands that were refused on each socket, in that order, once for each time that a server may
        remember."""

    def give(self, id: UUID, stream: StreamId, command: Command, on: int | None = None) -> Asked:
        asked = self.commands[id] = Asked(id, stream, command, on)
        return asked

    def sent(self, id: UUID, socket: int) -> None:
        asked = self.commands[id]
        asked.since.setdefault(socket, self._log.version(asked.stream))
        asked.sent.append(socket)
        asked.sent_after_refusal |= bool(asked.refused)

    def answered(self, id: UUID, socket: int, answer: Answer) -> None:
        asked = self.commands[id]
        asked.answers.append((socket, answer, self._log.version(asked.stream)))
        refused = self._refused.setdefault(socket, [])
        if isinstance(answer, str) and answer not in NOT_FINAL and id not in refused[-REMEMBERED:]:
            refused.append(id)

    def came(self, stream: StreamId, seat: Seat, client: object) -> None:
        self.presence.setdefault((stream, seat), []).append(Stay(client, self._log.time()))

    def went(self, stream: StreamId, seat: Seat, client: object) -> None:
        for stay in self.presence[stream, seat]:
            if stay.client is client and stay.until is None:
                stay.until = self._log.time()

    def arrived(self, id: UUID, socket: int) -> None:
        """The command has come to a server."""
        self.commands[id].arrived.setdefault(socket, []).append(self._log.time())

    def may_be_forgotten(self, id: UUID, socket: int) -> bool:
        """True if so many others were refused on that socket since, that a server no longer knows this
        refusal: then the same command is decided again."""
        refused = self._refused.get(socket, [])
        return id in refused and len(refused) - refused.index(id) > REMEMBERED
