"""The frames that wait for one socket. Bounded; adding one never waits for the socket."""

from collections.abc import Callable, Sequence

from server.wire.close import TOO_SLOW, Close
from server.wire.frame import Frame
from server.wire.messages import Commit

OUTBOX_SIZE = 256
"""Most frames that may wait for one socket, and most commits that it may lag behind. A game has about 45."""


class Outbox:
    """A queue of answers, a place in the game's commits, and the latest presence.

    `filled` is called whenever there may be something to send. Thousands of spectators each have an outbox
    that is empty nearly always: hence lists, because an empty deque takes 600 bytes.
    """

    __slots__ = (
        "_after",
        "_answers",
        "_close",
        "_commits",
        "_finish",
        "_most",
        "_place",
        "_presence",
        "_size",
        "filled",
    )

    def __init__(self, size: int = OUTBOX_SIZE) -> None:
        self._size = size
        self._answers: list[Frame] = []
        self._commits: Sequence[Commit] = ()
        self._place = self._after = self._most = 0
        self._presence: Frame | None = None
        self._close: Close | None = None
        self._finish: Close | None = None
        self.filled: Callable[[], None] = _nothing

    def put(self, answer: Frame) -> None:
        """Add an answer. A socket that has no room for it is too slow, and is closed."""
        if len(self._answers) < self._size:
            self._answers.append(answer)
            self.filled()
        else:
            self.close(TOO_SLOW)

    def follow(self, commits: Sequence[Commit], after: int) -> None:
        """Send `commits`, which may grow, from the event after version `after` on."""
        self._commits, self._after = commits, after
        self._most = len(commits) + self._size
        self.filled()

    def follows(self, commits: Sequence[Commit]) -> bool:
        """True if it sends these very `commits`."""
        return self._commits is commits

    def grown(self) -> None:
        """The commits have grown. A socket that lags too far behind is too slow, and is closed."""
        if len(self._commits) - self._place > self._most:
            self.close(TOO_SLOW)
        else:
            self.filled()

    def put_presence(self, frame: Frame) -> None:
        """Replace the presence that waits: only the latest counts."""
        self._presence = frame
        self.filled()

    def close(self, close: Close) -> None:
        """Close the socket now, dropping what waits. The first reason given is the one that is sent."""
        self._close = self._close or close
        self.filled()

    def finish(self, close: Close) -> None:
        """Close the socket after what waits has been sent."""
        self._finish = close
        self.filled()

    def pop_latest(self) -> Frame | None:
        """The last commit, if nothing else waits, which is so nearly always: with 5,000 spectators a move
        reaches the last of them a tenth sooner than through `pop`."""
        last = self._place + 1
        if last != len(self._commits) or self._answers or self._presence or self._close or self._finish:
            return None
        commit = self._commits[self._place]
        if commit.first <= self._after:
            return None
        self._place = last
        return commit.frame

    def pop(self) -> Frame | Close | None:
        """The next frame to send, a close, or None."""
        if self._close:
            return self._close
        if self._answers:
            return self._answers.pop(0)
        while self._place < len(self._commits):
            self._place += 1
            commit = self._commits[self._place - 1]
            if commit.first > self._after:
                return commit.frame
            if commit.last > self._after:
                return commit.behind(self._after)
        if self._finish:
            return self._finish
        frame, self._presence = self._presence, None
        return frame


def _nothing() -> None: ...
