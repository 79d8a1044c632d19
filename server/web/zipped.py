"""A gzip stream whose last part is compressed once, and sent behind many first parts."""

import zlib
from functools import lru_cache

LARGEST_REMEMBERED = 32
"""Cache size, in last parts; the least recently used is evicted."""

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""A stream with no name, no time and no system (RFC 1952, section 2.3)."""


def zipped(first: bytes, last: bytes) -> bytes:
    """Both, as one stream with one member: browsers read no more of them."""
    ending = (zlib.crc32(last, zlib.crc32(first)), (len(first) + len(last)) & 0xFFFFFFFF)
    trailer = b"".join(number.to_bytes(4, "little") for number in ending)
    # Little memory, because to get that ready takes longer than to compress a short text.
    stream = zlib.compressobj(wbits=-12, memLevel=5)
    return _HEADER + stream.compress(first) + stream.flush(zlib.Z_SYNC_FLUSH) + _last(last) + trailer


@lru_cache(LARGEST_REMEMBERED)
def _last(text: bytes) -> bytes:
    """The last piece of a stream, which refers to nothing before it (RFC 1951)."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(text) + stream.flush()
