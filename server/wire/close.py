"""Every way in which this server closes a WebSocket: the code and the reason that the client gets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Close:
    """A close code of RFC 6455 (section 7.4.1), or one of ours from 4000 on, and a reason in English."""

    code: int
    reason: str


DRAINING = Close(1001, "the server ends; come back with after")
NOT_UTF8 = Close(1007, "no UTF-8")
TOO_MANY_MESSAGES = Close(1008, "too many messages")
TOO_MANY_BAD_MESSAGES = Close(1008, "too many bad messages")
TOO_MANY_FRAMES = Close(1008, "too many frames")
INTERNAL_ERROR = Close(1011, "")
NO_PONG = Close(1011, "keepalive ping timeout")
RESTARTING = Close(1012, "")
TOO_SLOW = Close(1013, "too slow")
TOO_MANY_SOCKETS = Close(1013, "too many sockets")
STORE_AWAY = Close(1013, "the database is away")
BAD_TOKEN = Close(4401, "bad token")
NO_SUCH_GAME = Close(4404, "no such game")
HISTORY_CHANGED = Close(4409, "the log is not the one that was told; come back with after=0")
