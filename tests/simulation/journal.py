"""What clients have asked and what they were told: all that the checker knows of the servers' doings."""

from dataclasses import dataclass, field
from uuid import UUID

from server.game.commands import Command
from server.store.event_store import StreamId
from tests.simulation.store import Log

NOT_FINAL = {"unavailable", "rate_limited"}
"""Refusals after which the same command may still be carried out."""

Answer = int | str
"""The version that was accepted, or the code of a refusal."""


@dataclass(slots=True)
class Asked:
    """A command, under its id."""

    id: UUID
    stream: StreamId
    command: Command
    on: int | None
    """The version that the client said it had seen, if it said so."""
    since: dict[int, int] = field(default_factory=dict)
    """The version that the log had when it was first sent, by socket."""
    sent: list[int] = field(default_factory=list)
    """On which sockets it was sent, each time; 0 is HTTP."""
    answers: list[tuple[int, Answer, int]] = field(default_factory=list)
    """From which socket each answer came, and the log's version then."""
    sent_after_refusal: bool = False

    @property
    def accepted(self) -> set[int]:
        return {answer for _, answer, _ in self.answers if isinstance(answer, int)}

    @property
    def refusals(self) -> list[tuple[int, str, int]]:
        """The answers that are refusals and the last word."""
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
        """Whether it was sent on a socket that never answered: it may be carried out there at any time."""
        return bool(set(self.sent) - {socket for socket, _, _ in self.answers})

    @property
    def settled(self) -> bool:
        return bool(self.accepted or self.refused)


class Journal:
    """All commands of a run, by id, in the order they were first given."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.commands: dict[UUID, Asked] = {}

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
