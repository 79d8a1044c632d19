"""A text frame, encoded once for any number of sockets."""

from functools import cached_property

FIN_TEXT = 0x81
"""The first byte of a text message in a single frame (RFC 6455, section 5.2)."""


class Frame:
    """A message to a client: `text` is its payload in UTF-8."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @cached_property
    def wire(self) -> bytes:
        """The frame as a server sends it, unmasked."""
        length = len(self.text)
        if length < 126:
            return bytes((FIN_TEXT, length)) + self.text
        if length < 1 << 16:
            return b"%c\x7e%b%b" % (FIN_TEXT, length.to_bytes(2, "big"), self.text)
        return b"%c\x7f%b%b" % (FIN_TEXT, length.to_bytes(8, "big"), self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Frame({self.text!r})"
