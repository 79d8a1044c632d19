"""What one socket has still to be told. Bounded, and putting something in never waits for the socket."""

from collections.abc import Callable, Sequence

from server.wire.close import TOO_SLOW, Close
from server.wire.frame import Frame
from server.wire.messages import Commit

OUTBOX_SIZE = 256
"""How many frames may wait for one socket, and how many commits it may lag behind; a game has about 45."""


class Outbox:
    """Answers in a queue, the game as a place in its commits, of presence the latest.

    `filled` is called whenever there may be something to take out. Thousands of spectators have one each and
    nothing in it: lists, because an empty deque takes 600 bytes.
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
        """Add an answer. Where there is no room the socket is too slow, and is to be closed."""
        if len(self._answers) < self._size:
            self._answers.append(answer)
            self.filled()
        else:
            self.close(TOO_SLOW)

    def follow(self, commits: Sequence[Commit], after: int) -> None:
        """Give out `commits`, which may grow, behind version `after`; of one that `after` cuts, the rest."""
        self._commits, self._after = commits, after
        self._most = len(commits) + self._size
        self.filled()

    def follows(self, commits: Sequence[Commit]) -> bool:
        """Whether it gives out these very `commits`."""
        return self._commits is commits

    def grown(self) -> None:
        """There are more commits. Who lags too far behind is too slow, and is to be closed."""
        if len(self._commits) - self._place > self._most:
            self.close(TOO_SLOW)
        else:
            self.filled()

    def put_presence(self, frame: Frame) -> None:
        """Of presence only the latest counts, so that it never takes more than one place."""
        self._presence = frame
        self.filled()

    def close(self, close: Close) -> None:
        """Have the socket closed; what waits is dropped, and of several reasons the first is given."""
        self._close = self._close or close
        self.filled()

    def finish(self, close: Close) -> None:
        """Have the socket closed behind what waits."""
        self._finish = close
        self.filled()

    def pop_latest(self) -> Frame | None:
        """The last commit, where that is all there is to take: before a crowd it nearly always is, and a move
        is at the last of 5,000 sockets a tenth sooner than through `pop`."""
        last = self._place + 1
        if last != len(self._commits) or self._answers or self._presence or self._close or self._finish:
            return None
        commit = self._commits[self._place]
        if commit.first <= self._after:
            return None
        self._place = last
        return commit.frame

    def pop(self) -> Frame | Close | None:
        """The next thing, or None where there is nothing."""
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
