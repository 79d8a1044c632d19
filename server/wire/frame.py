"""A text frame, encoded once for any number of sockets."""

from msgspec import Struct

FIN_TEXT = 0x81
"""The first byte of a text message in a single frame (RFC 6455, section 5.2)."""


class Frame(Struct, gc=False):
    """A message to a client. Two that say the same are equal."""

    text: bytes
    """Its payload, in UTF-8."""
    wire: bytes = b""
    """The whole frame, unmasked; made of `text`."""

    def __post_init__(self) -> None:
        text = self.text
        length = len(text)
        if length < 126:
            self.wire = b"%c%c%b" % (FIN_TEXT, length, text)
        elif length < 1 << 16:
            self.wire = b"%c\x7e%c%c%b" % (FIN_TEXT, length >> 8, length & 0xFF, text)
        else:
            self.wire = b"%c\x7f%b%b" % (FIN_TEXT, length.to_bytes(8, "big"), text)
