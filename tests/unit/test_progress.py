"""Progress of long runs: in place on a terminal, and few lines elsewhere."""

import asyncio
import io

from tests.support.progress import Progress, clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_line_replaces_the_one_before() -> None:
    out = Terminal()
    progress = Progress(out)
    progress.show("1 of 2")
    progress.say("one went wrong")
    assert out.getvalue() == "\r\x1b[2K1 of 2\r\x1b[2Kone went wrong\n"


def test_elsewhere_there_is_a_line_in_each_interval_and_no_more() -> None:
    out = io.StringIO()
    progress = Progress(out)
    progress.show("too early")
    progress.say("one went wrong")
    assert out.getvalue() == "one went wrong\n"
    progress = Progress(out, interval=0)
    progress.show("1 of 2")
    assert out.getvalue() == "one went wrong\n1 of 2\n"


async def test_a_run_is_followed_while_it_lasts() -> None:
    out = io.StringIO()
    async with Progress(out, interval=0).following(lambda: "under way"):
        while not out.getvalue():
            await asyncio.sleep(0)
    assert set(out.getvalue().splitlines()) == {"under way"}


def test_a_duration_is_written_in_minutes_and_seconds() -> None:
    assert [clock(seconds) for seconds in (5, 65.9, 3600)] == ["0:05", "1:05", "60:00"]
