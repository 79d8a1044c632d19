"""The frames that wait for one socket. Bounded; adding one never waits for the socket."""

import sys
from collections.abc import Callable, Sequence

from server.wire.close import TOO_SLOW, Close
from server.wire.commits import Commit
from server.wire.frame import Frame

OUTBOX_SIZE = 256
"""Most frames that may wait for one socket, and most commits that it may lag behind. A game has about 45."""
TOGETHER = 64
"""Most commits that are taken out in one piece."""


class Outbox:
    """A queue of answers, a place in the game's commits, and the latest presence.

    `filled` is called when there may be something to send, and not again before something is taken out;
    `flush` in its place where the tick ends, and nothing more is to be waited for.
    Thousands of spectators each have an outbox that is empty nearly always: hence lists, because an empty
    deque takes 600 bytes.
    """

    __slots__ = (
        "_after",
        "_answers",
        "_close",
        "_commits",
        "_count",
        "_finish",
        "_most",
        "_place",
        "_presence",
        "_size",
        "_told",
        "filled",
        "flush",
    )

    def __init__(self, size: int = OUTBOX_SIZE) -> None:
        self._size = size
        self._answers: list[Frame] = []
        self._commits: Sequence[Commit] = ()
        self._place = self._after = self._count = 0
        self._most = sys.maxsize  # it follows nothing yet
        self._presence: Frame | None = None
        self._close: Close | None = None
        self._finish: Close | None = None
        self._told = False
        """True if `filled` was called, and nothing has been taken out since."""
        self.filled: Callable[[], None] = _nothing
        self.flush: Callable[[], None] = _nothing

    def put(self, answer: Frame) -> None:
        """Add an answer. A socket that has no room for it is too slow, and is closed."""
        if len(self._answers) >= self._size:
            self.close(TOO_SLOW)
            return
        self._answers.append(answer)
        if not self._told:
            self._told = True
            self.filled()

    def follow(self, commits: Sequence[Commit], after: int) -> None:
        """Send `commits`, which may grow, from the event after version `after` on."""
        self._commits, self._after = commits, after
        self._most = len(commits) + self._size
        self._tell()

    def follows(self, commits: Sequence[Commit]) -> bool:
        """True if it sends these very `commits`."""
        return self._commits is commits

    def grown(self, count: int) -> None:
        """The commits have grown to `count`, and the tick ends. A socket too far behind is closed."""
        self._count = count
        if count - self._place > self._most:
            self.close(TOO_SLOW)
        elif not self._told:
            self._told = True
            self.flush()

    def put_presence(self, frame: Frame) -> None:
        """Replace the presence that waits: only the latest counts."""
        self._presence = frame
        self._tell()

    def close(self, close: Close) -> None:
        """Close the socket now, dropping what waits. The first reason given is the one that is sent."""
        self._close = self._close or close
        self._tell()

    def finish(self, close: Close) -> None:
        """Close the socket after what waits has been sent."""
        self._finish = close
        self._tell()

    def _tell(self) -> None:
        # `put` and `grown` have this in line: each move takes both.
        if not self._told:
            self._told = True
            self.filled()

    def pop(self) -> Frame | Close | None:
        """The next frame to send, a close, or None."""
        self._told = False
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

    def pop_wire(self) -> tuple[bytes, bool]:
        """All that can be sent now, as it goes over the wire, in one piece; and True where more follows: a
        close, which is for `pop`, if the piece is empty."""
        self._told = False
        if self._close:
            return b"", True
        only = self._commits and not (self._answers or self._presence or self._finish)
        if only and self._place + 1 == self._count:
            commit = self._commits[self._place]
            if commit.first > self._after:  # nearly always: one move, and nothing else
                self._place += 1
                return commit.frame.wire, False
        piece = b""
        if self._answers:
            for answer in self._answers:
                piece += answer.wire
            self._answers = []
        place = self._place
        for commit in self._commits[place : place + TOGETHER]:
            if commit.first > self._after:
                piece += commit.frame.wire
            elif commit.last > self._after:
                piece += commit.behind(self._after).wire
            self._place += 1
        if self._place == place + TOGETHER:
            return (piece, True) if piece else self.pop_wire()
        if self._finish:
            return piece, True
        if self._presence:
            piece += self._presence.wire
            self._presence = None
        return piece, False


def _nothing() -> None: ...
