"""WebSocket frames as a client sends them: where one ends, what it carries, and messages in pieces."""

from codecs import getincrementaldecoder

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # in C; that of utils is in Python

from server.wire.frame import FIN_TEXT

MASKED = 0x80
"""The bit in the second byte of a frame that says that its payload is masked (RFC 6455, section 5.2). The
other bits are the payload's length, or say that the length is in the next two or eight bytes."""
LENGTH_IN_2 = MASKED | 126
"""The second byte of a masked frame whose length is in the next two bytes."""
MASK_SIZE = 4
"""The size of a mask, the last part of a head, in bytes."""
SHORTEST_HEAD, LONGEST_HEAD = 6, 14
"""The sizes of the shortest and of the longest head of a masked frame, in bytes."""

_utf_8 = getincrementaldecoder("utf-8")


def frame_size(data: bytes | bytearray) -> int:
    """The size of the frame at the beginning of `data`, head included, in bytes.

    Where `data` ends before the frame's length, it is the size of the part that has the length. An unmasked
    frame, which no client may send, counts as two bytes: they are enough to refuse it.
    """
    if len(data) < 2:
        return 2
    second = data[1]
    if second < MASKED:
        return 2
    if second < LENGTH_IN_2:
        return SHORTEST_HEAD + second - MASKED
    mask_at = _head_size(second) - MASK_SIZE
    if len(data) < mask_at:
        return mask_at
    return mask_at + MASK_SIZE + int.from_bytes(data[2:mask_at], "big")


def is_whole(data: bytes) -> bool:
    """True if `data` is one whole masked frame, and nothing else."""
    size = len(data)
    return size >= SHORTEST_HEAD and frame_size(data) == size


def short_text(data: bytes) -> bytes | None:
    """The payload, unmasked, where `data` is one whole text frame of at most 125 bytes, and nothing else."""
    size = len(data) - SHORTEST_HEAD
    if size > 0 and data[0] == FIN_TEXT and data[1] == MASKED + size < LENGTH_IN_2:
        unmasked: bytes = apply_mask(data[SHORTEST_HEAD:], data[2:SHORTEST_HEAD])
        return unmasked
    return None


def payload(frame: bytes) -> bytes:
    """The payload of a whole masked frame, unmasked."""
    head = _head_size(frame[1])
    unmasked: bytes = apply_mask(frame[head:], frame[head - MASK_SIZE : head])
    return unmasked


def _head_size(second: int) -> int:
    if second < LENGTH_IN_2:
        return SHORTEST_HEAD
    return SHORTEST_HEAD + 2 if second == LENGTH_IN_2 else LONGEST_HEAD


class FrameBuffer(bytearray):
    """Bytes that came, to be taken out again frame by frame. `max_size` is the largest payload, in bytes."""

    __slots__ = ("_max_size",)

    def __init__(self, max_size: int) -> None:
        super().__init__()
        self._max_size = max_size + LONGEST_HEAD

    @property
    def has_frame(self) -> bool:
        """True if there is a whole frame, or the head of one that is too large."""
        return not len(self) < frame_size(self) <= self._max_size

    def pop_frame(self) -> bytes:
        """The next frame, where `has_frame`; of one that is too large, what there is."""
        size = frame_size(self)
        frame = bytes(self[:size])
        del self[:size]
        return frame


class Pieces:
    """A message that comes in pieces, one a frame."""

    __slots__ = ("_decoder", "_pieces")

    def __init__(self, *, text: bool) -> None:
        self._decoder = _utf_8() if text else None
        self._pieces: list[bytes] = []

    @property
    def count(self) -> int:
        """The number of pieces so far."""
        return len(self._pieces)

    @property
    def is_text(self) -> bool:
        return self._decoder is not None

    def add(self, piece: bytes, *, last: bool) -> None:
        """Add a piece. Raises UnicodeDecodeError as soon as a text cannot be UTF-8 any more."""
        if self._decoder:
            self._decoder.decode(piece, last)
        self._pieces.append(piece)

    def message(self) -> bytes:
        """All pieces together."""
        return b"".join(self._pieces)
