"""A text frame, encoded once for any number of sockets."""

FIN_TEXT = 0x81
"""The first byte of a text message in a single frame (RFC 6455, section 5.2)."""


class Frame:
    """A message to a client: `text` is its payload in UTF-8, and `wire` the whole frame, unmasked."""

    __slots__ = ("text", "wire")

    def __init__(self, text: bytes) -> None:
        self.text = text
        length = len(text)
        if length < 126:
            self.wire = b"%c%c%b" % (FIN_TEXT, length, text)
        elif length < 1 << 16:
            self.wire = b"%c\x7e%c%c%b" % (FIN_TEXT, length >> 8, length & 0xFF, text)
        else:
            self.wire = b"%c\x7f%b%b" % (FIN_TEXT, length.to_bytes(8, "big"), text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Frame({self.text!r})"
