"""The messages between servers: their channels, how a commit is written in one, and what carries them.

Nothing depends on a message. What is lost on the way is found in the store, so publishing never waits and
never retries, and the listener asks the store whenever it may have missed something.
"""

from binascii import hexlify
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from server.game.events import GameId
from server.store.ids import parse
from server.wire.commits import Commit
from server.wire.frame import Frame

PREFIX = b"connect4:"
LOG = PREFIX + b"log"
"""The channel of the log's bell: one short message where any number of commits have been made."""
FORGOTTEN = PREFIX + b"forgotten"
"""The channel of the bell that rings when a player was forgotten."""
LOBBY = PREFIX + b"lobby"
"""The channel of the bell that rings when what the lobby shows may have changed."""
ASK_ONLINE, ONLINE = PREFIX + b"ask-online", PREFIX + b"online"
"""The channel of the bell with which a server asks who is there, and that of the answers."""

COMMIT, PRESENCE = b"c", b"p"
"""The first letter of a message about a game: what happened, and who is there."""


class Line(Protocol):
    """A connection that listens, as server.delivery.bell.Line."""

    async def subscribe(self, channels: Sequence[bytes]) -> None: ...

    async def unsubscribe(self, channels: Sequence[bytes]) -> None: ...

    async def hear(self) -> Sequence[Sequence[bytes]]: ...  # each the fields of a Heard


class Bell(Protocol):
    """Carries messages, as server.delivery.bell.Bell. Raises BellUnavailable."""

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None: ...

    def listening(self) -> AbstractAsyncContextManager[Line]: ...


def channel_of(game: GameId) -> bytes:
    """The channel of a game's messages."""
    return b"%b%032x" % (PREFIX, game.int)  # UUID.hex, as bytes


def game_of(channel: bytes) -> GameId:
    """The game of a channel. Raises ValueError where it is none of a game."""
    return GameId(parse(channel.removeprefix(PREFIX).decode()))


def head_of(origin: bytes) -> bytes:
    """The beginning of each message that tells of a commit of the process of this name."""
    return b"%b %b" % (COMMIT, origin)


def written(head: bytes, commit: Commit) -> bytes:
    """A commit as a message that begins with `head`."""
    frame, before, hash = commit.frame, commit.before, commit.hash
    if commit.stored:  # without its hash others read it from the store, and open the names themselves
        frame, before, hash = commit.stored, None, None
    return b"%b/%b/%b %d %d\n%b" % (
        head,
        hexlify(before) if before else b"",
        hexlify(hash) if hash else b"",  # servers of release 0.2.0 take the hashes for a part of the name
        commit.first,
        commit.last,
        frame.text,
    )


def read(channel: bytes, head: bytes, body: bytes) -> Commit:
    """The commit in a message with this first line. Raises ValueError where it is none."""
    _, origin, first, last = head.split()
    _, before, hash = origin.split(b"/") if b"/" in origin else (b"", b"", b"")
    body.decode()  # a browser would close on what is no UTF-8
    return Commit(game_of(channel), int(first), int(last), Frame(body), _bytes(before), _bytes(hash))


def _bytes(hex: bytes) -> bytes | None:
    return bytes.fromhex(hex.decode()) if hex else None
