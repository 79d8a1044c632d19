"""Memory is given back when a crowd has gone."""

import psutil
import pytest

from server.serving.memory import Crowd, _malloc_trim


@pytest.mark.parametrize(
    ("sockets", "gone_at"),
    [
        ([5000, 4100, 4100, 2600, 2600], []),  # not half of them
        ([900, 0, 0], []),  # not many
        ([5000, 2000, 900, 100, 100, 100], [4]),
        ([5000, 2500, 2400, 1200, 1200], [2, 4]),
        ([5000, 100, 100, 5000, 100, 100], [2, 5]),
    ],
)
def test_a_crowd_has_gone_when_many_and_half_of_all_have(sockets: list[int], gone_at: list[int]) -> None:
    crowd = Crowd()
    assert [place for place, number in enumerate(sockets) if crowd.has_gone(number)] == gone_at


def test_what_was_freed_is_given_back() -> None:
    give_back = _malloc_trim()
    if give_back is None:
        pytest.skip("this C library gives back what it likes")
    process = psutil.Process()
    taken = [bytes(100_000) for _ in range(1000)]
    last = bytes(100_000)  # behind the others, so that they are not at the end of the heap
    full = process.memory_info().rss
    del taken
    give_back()
    assert full - process.memory_info().rss > 50_000_000
    assert last
