"""Bugs in the delivery of commits: subclasses of subscriptions and outboxes."""

from collections.abc import Sequence
from typing import Any

from server.delivery.outbox import Outbox
from server.delivery.subscription import Subscription
from server.wire.commits import Commit
from server.wire.frame import Frame


class UncheckedSubscription(Subscription):
    """Takes whatever is newer, without checking for a gap before it."""

    def take(self, commit: Commit) -> None:
        if commit.last > self.version:
            self._take_in(commit)


class LateSubscription(Subscription):
    """Ignores what arrives during a read, as if the read came first and the subscription afterwards."""

    def take(self, commit: Commit) -> None:
        if not self._reading:
            super().take(commit)


class ForgetfulSubscription(Subscription):
    """Fills a gap from the store, and then goes back to the version before it."""

    async def _read(self) -> None:
        head = self.head
        await super()._read()
        self.head = head if head.version else self.head


class RepeatingSubscription(Subscription):
    """Gives out a commit each time that it arrives."""

    def take(self, commit: Commit) -> None:
        if commit.last <= self.version:
            self._take_in(commit)
        else:
            super().take(commit)


class LatestFirst(Outbox):
    """Gives out the newest commit first."""

    def follow(self, commits: Sequence[Commit], after: int) -> None:
        super().follow(_Reversed(commits), after)


class _Reversed(Sequence[Commit]):
    """A view of a growing list from its end."""

    def __init__(self, commits: Sequence[Commit]) -> None:
        self._commits = commits

    def __len__(self) -> int:
        return len(self._commits)

    def __getitem__(self, place: Any) -> Any:
        return self._commits[::-1][place]


class LossyOutbox(Outbox):
    """Drops answers when it is full, instead of having the socket closed."""

    def put(self, answer: Frame) -> None:
        if len(self._answers) < self._size:
            super().put(answer)


class CarelessSubscription(Subscription):
    """Takes a commit behind any event of the version before it."""

    def _follows(self, commit: Commit) -> bool:
        return commit.first == self.head.version + 1


class CredulousSubscription(Subscription):
    """Lets a client go on behind whatever it says that it has."""

    def has(self, version: int, command_id: str | None = None, history: int | None = None) -> bool:
        return True


class SilentSubscription(Subscription):
    """Begins anew without closing the sockets that were told of what is lost."""

    def reset(self) -> None:
        told, self.outboxes = self.outboxes, {}
        super().reset()
        self.outboxes = told
