"""What waits for one socket: answers, the game as far as it follows, the latest presence, the end."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.delivery.outbox import Outbox
from server.game.events import GameId
from server.wire.close import TOO_SLOW, Close
from server.wire.commits import Commit
from server.wire.frame import Frame

GAME = GameId(UUID(int=1))
ONE, TWO = Frame(b"one"), Frame(b"two")


def commit(first: int, last: int | None = None) -> Commit:
    last = last or first
    events = [{"version": version} for version in range(first, last + 1)]
    return Commit(
        GAME, first, last, Frame(json.dumps({"type": "events", "events": events}).encode()), None, None
    )


def taken(outbox: Outbox) -> list[Frame | Close]:
    """All that there is to take, up to a close."""
    found: list[Frame | Close] = []
    while item := outbox.pop():
        found.append(item)
        if isinstance(item, Close):
            break
    return found


def test_answers_come_out_in_their_order() -> None:
    outbox = Outbox()
    outbox.put(ONE)
    outbox.put(TWO)
    assert taken(outbox) == [ONE, TWO]


def test_a_game_comes_out_from_where_it_is_followed() -> None:
    outbox, commits = Outbox(), [commit(1, 2), commit(3)]
    outbox.follow(commits, after=2)
    assert taken(outbox) == [commits[1].frame]
    commits.append(commit(4))
    outbox.grown(len(commits))
    assert taken(outbox) == [commits[2].frame]


def test_of_a_commit_that_is_known_in_part_the_rest_comes_out() -> None:
    outbox, commits = Outbox(), [commit(1, 2), commit(3, 5), commit(6)]
    outbox.follow(commits, after=3)
    versions = [event["version"] for frame in taken(outbox) for event in json.loads(frame.text)["events"]]  # type: ignore[union-attr]
    assert versions == [4, 5, 6]


def test_who_is_ahead_of_the_game_waits_for_what_is_behind_that() -> None:
    outbox, commits = Outbox(), [commit(1)]
    outbox.follow(commits, after=3)
    commits += [commit(2, 3), commit(4)]
    outbox.grown(len(commits))
    assert taken(outbox) == [commit(4).frame]


def test_a_socket_that_takes_no_answers_is_closed_and_nothing_is_kept_for_it() -> None:
    outbox = Outbox(size=2)
    for _ in range(3):
        outbox.put(ONE)
    assert taken(outbox) == [TOO_SLOW]


def test_a_socket_that_lags_behind_its_game_is_closed() -> None:
    outbox, commits = Outbox(size=2), [commit(version) for version in range(1, 6)]
    outbox.follow(commits, after=0)  # however long the history is, it may take its time over that
    for version in range(6, 8):
        commits.append(commit(version))
        outbox.grown(len(commits))
    assert outbox.pop() == commits[0].frame
    for version in range(8, 10):
        commits.append(commit(version))
        outbox.grown(len(commits))
    assert taken(outbox) == [TOO_SLOW]


def test_a_socket_that_follows_no_game_yet_lags_behind_none() -> None:
    outbox, commits = Outbox(size=2), [commit(version) for version in range(1, 6)]
    outbox.grown(1)
    assert outbox.pop_wire() == (b"", False)
    outbox.grown(len(commits))
    outbox.follow(commits, after=4)
    assert taken(outbox) == [commits[4].frame]


def test_of_several_reasons_to_close_the_first_is_given() -> None:
    outbox, flood = Outbox(size=1), Close(1008, "flood")
    outbox.close(flood)
    for _ in range(3):
        outbox.put(ONE)
    assert taken(outbox) == [flood]


def test_what_waits_comes_before_the_end() -> None:
    outbox, end, commits = Outbox(), Close(1001, "the end"), [commit(1)]
    outbox.follow(commits, after=0)
    outbox.finish(end)
    outbox.put(ONE)
    assert taken(outbox) == [ONE, commits[0].frame, end]


def test_of_presence_only_the_latest_waits_and_takes_no_place_from_the_game() -> None:
    outbox, commits = Outbox(size=1), [commit(1)]
    outbox.put_presence(ONE)
    outbox.put_presence(TWO)
    outbox.follow(commits, after=0)
    assert taken(outbox) == [commits[0].frame, TWO]


@pytest.mark.parametrize(
    ("fill", "item"),
    [
        (lambda outbox: outbox.put(ONE), ONE),
        (lambda outbox: outbox.put_presence(TWO), TWO),
        (lambda outbox: outbox.finish(TOO_SLOW), TOO_SLOW),
        (lambda outbox: outbox.close(TOO_SLOW), TOO_SLOW),
    ],
    ids=["an answer", "presence", "the end behind what waits", "the end"],
)
def test_the_reader_is_told_of_everything_that_is_put_in(
    fill: Callable[[Outbox], None], item: Frame | Close
) -> None:
    outbox, read = Outbox(), list[Frame | Close | None]()
    outbox.filled = lambda: read.append(outbox.pop())
    fill(outbox)
    assert read == [item]


def test_the_reader_is_told_once_until_something_is_taken_out() -> None:
    outbox, told = Outbox(), list[int]()
    outbox.filled = lambda: told.append(1)
    for _ in range(2):
        outbox.put(ONE)
        outbox.put_presence(TWO)
    assert told == [1]
    outbox.pop()
    outbox.put(ONE)
    assert told == [1, 1]
    outbox.pop_wire()
    outbox.put(ONE)
    assert told == [1, 1, 1]


def steps(commits: list[Commit]) -> st.SearchStrategy[list[Callable[[Outbox], None]]]:
    """Something is put in; `commits` are what the game grows by."""

    def grow(outbox: Outbox) -> None:
        last = commits[-1].last if commits else 0
        commits.append(commit(last + 1, last + len(commits) % 3 + 1))
        outbox.grown(len(commits))

    return st.lists(
        st.sampled_from(
            [
                grow,
                lambda outbox: outbox.put(ONE),
                lambda outbox: outbox.put_presence(TWO),
                lambda outbox: outbox.finish(TOO_SLOW),
                lambda outbox: outbox.close(TOO_SLOW),
            ]
        )
    )


@given(st.data(), st.integers(0, 200), st.integers(0, 300))
def test_what_is_taken_out_in_one_piece_is_what_comes_out_one_by_one(
    data: st.DataObject, after: int, history: int
) -> None:
    commits = [commit(version) for version in range(1, history + 1)]
    whole, single = Outbox(), Outbox()
    for outbox in (whole, single):
        outbox.follow(commits, after)
    for step in data.draw(steps(commits)):
        before = list(commits)
        step(whole)
        commits[:] = before
        step(single)
    items = taken(single)
    pieces, more = list[bytes](), True
    while more and (piece := whole.pop_wire())[0]:
        pieces.append(piece[0])
        more = piece[1]
    assert b"".join(pieces) == b"".join(item.wire for item in items if isinstance(item, Frame))
    assert whole.pop() == next((item for item in items if isinstance(item, Close)), None)


def test_the_reader_is_told_of_the_game_and_of_what_it_grows_by() -> None:
    outbox, read, commits = Outbox(), list[Frame | Close | None](), [commit(1)]
    outbox.filled = outbox.flush = lambda: read.append(outbox.pop())
    outbox.follow(commits, after=0)
    commits.append(commit(2))
    outbox.grown(len(commits))
    assert read == [each.frame for each in commits]
