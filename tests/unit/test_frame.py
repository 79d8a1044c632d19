"""A frame as it goes over the wire is what another implementation of RFC 6455 reads."""

import pytest
from websockets.frames import Frame as Parsed
from websockets.frames import Opcode
from websockets.streams import StreamReader

from server.wire.frame import Frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_frame_is_read_as_the_text_it_was_made_of(length: int) -> None:
    text = b"x" * length
    streamed = StreamReader()
    streamed.feed_data(Frame(text).wire)
    reading = Parsed.parse(streamed.read_exact, mask=False)
    with pytest.raises(StopIteration) as parsed:
        next(reading)
    frame = parsed.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, text)
    assert not streamed.buffer
