"""What clients have asked and what they were told: all that the checker knows of the servers' doings."""

from dataclasses import dataclass, field
from uuid import UUID

from server.event_store import StreamId

NOT_FINAL = {"unavailable", "rate_limited"}
"""Refusals after which the same command may still be carried out."""

Answer = int | str
"""The version that was accepted, or the code of a refusal."""


@dataclass(slots=True)
class Asked:
    """A command, under its id."""

    id: UUID
    stream: StreamId
    what: str
    on: int | None
    """The version that the client said it had seen, if it said so."""
    sent: list[int] = field(default_factory=list)
    """On which sockets it was sent, each time; 0 is HTTP."""
    answers: list[tuple[int, Answer]] = field(default_factory=list)
    """From which socket each answer came."""
    sent_after_refusal: bool = False

    @property
    def accepted(self) -> set[int]:
        return {answer for _, answer in self.answers if isinstance(answer, int)}

    @property
    def refused(self) -> set[str]:
        """The refusals that are the last word."""
        return {a for _, a in self.answers if isinstance(a, str)} - NOT_FINAL

    @property
    def open_elsewhere(self) -> bool:
        """Whether it was sent on a socket that never answered: it may be carried out there at any time."""
        return bool(set(self.sent) - {socket for socket, _ in self.answers})

    @property
    def settled(self) -> bool:
        return bool(self.accepted or self.refused)


class Journal:
    """All commands of a run, by id, in the order they were first given."""

    def __init__(self) -> None:
        self.commands: dict[UUID, Asked] = {}

    def give(self, id: UUID, stream: StreamId, what: str, on: int | None = None) -> Asked:
        asked = self.commands[id] = Asked(id, stream, what, on)
        return asked

    def sent(self, id: UUID, socket: int) -> None:
        asked = self.commands[id]
        asked.sent.append(socket)
        asked.sent_after_refusal |= bool(asked.refused)

    def answered(self, id: UUID, socket: int, answer: Answer) -> None:
        self.commands[id].answers.append((socket, answer))
