"""The checker finds planted violations, and passes a clean history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.faults.checker import Kind, check
from tests.faults.history import GAME, HEAD, START, History, log, told
from tests.faults.read_model import folded
from tests.faults.rules import Row


def test_a_clean_history_passes() -> None:
    history = History()
    assert len(history.log) == HEAD
    history.last_fault = START.timestamp() + len(history.lines)
    assert history.kinds() == set()


def lost(history: History) -> None:
    history.note("ada", "accepted", id="never recorded", version=13)


def lost_at_the_end_of_the_log(history: History) -> None:
    del history.log[10:]


def lost_game(history: History) -> None:
    history.log.clear()


def lost_seat(history: History) -> None:
    del history.log[2:]


def recorded_twice(history: History) -> None:
    history.log[6] = replace(history.log[6], command_id="move 0")


def recorded_twice_in_a_row(history: History) -> None:
    history.log[5] = replace(history.log[5], command_id="move 0")


def answered_with_another_version(history: History) -> None:
    history.answer(7)["version"] = 6


def answered_in_two_ways(history: History) -> None:
    history.note("ada", "rejected", id="move 2", code="stale_version")


def refused_and_yet_recorded(history: History) -> None:
    history.note("ada", "rejected", id="move 1", code="not_your_turn")
    history.lines.remove(history.answer(6))


def told_more_after_what_the_database_lost(history: History) -> None:
    history.lose_last_commit()
    history.hear("late", 0, 1)


def lost_more_than_the_database_did(history: History) -> None:
    history.lose_last_commit()
    del history.log[9:]


def gap(history: History) -> None:
    history.lines.remove(history.heard("late", 6))


def repeat(history: History) -> None:
    line = history.heard("late", 6)
    history.lines.insert(history.lines.index(line), line)


def gap_between_two_sockets(history: History) -> None:
    history.lines.remove(history.heard("watcher", 9))


def reorder(history: History) -> None:
    first, second = history.heard("late", 6), history.heard("late", 7)
    first["events"], second["events"] = second["events"], first["events"]


def other_data(history: History) -> None:
    line = history.heard("late", 6)
    line["events"] = [{**line["events"][0], "data": {"player": "grace", "column": 5}}]


def an_event_that_is_in_no_log(history: History) -> None:
    beyond = replace(history.log[-1], version=13, command_id="beyond")
    history.note("late", "events", events=[told(beyond)])


def win_without_its_end(history: History) -> None:
    line = history.heard("late", 12)
    history.note("late", "events", events=line["events"][1:])
    line["events"] = line["events"][:1]


def never_told_the_end(history: History) -> None:
    history.lines.remove(history.heard("late", 12))


def told_the_end_too_late(history: History) -> None:
    history.last_fault = START.timestamp() + len(history.lines)
    line = history.heard("late", 12)
    history.lines.remove(line)
    history.lines.append({**line, "wall": history.last_fault + 6})


def wrong_player(history: History) -> None:
    history.log[5] = replace(history.log[5], data={"player": "ada", "column": 1})


def move_into_a_full_column(history: History) -> None:
    history.log[10:] = [
        Row(11 + n, "MoveMade", {"player": ("ada", "grace")[n % 2], "column": 1}, f"full {n}", START)
        for n in range(4)
    ]


def move_after_the_end(history: History) -> None:
    history.log.append(Row(13, "MoveMade", {"player": "grace", "column": 1}, "after", START))


def win_that_nobody_has(history: History) -> None:
    history.log[10:] = [replace(history.log[11], version=11)]


def hole_in_the_log(history: History) -> None:
    history.log[11] = replace(history.log[11], version=13)


def closed_as_a_bug(history: History) -> None:
    history.note("late", "closed", code=1011)


def entry_that_is_behind(history: History) -> None:
    history.entries[GAME] = folded(history.log[:-1])


def entry_that_is_missing(history: History) -> None:
    history.entries.clear()


def entry_of_a_game_that_is_not_there(history: History) -> None:
    history.entries["nowhere"] = history.entries[GAME]


def entry_with_a_move_twice(history: History) -> None:
    history.entries[GAME] = history.entries[GAME]._replace(moves="12121211")


def entry_that_is_not_listed(history: History) -> None:
    history.entries[GAME] = history.entries[GAME]._replace(listed=False)


PLANTED: dict[Callable[[History], None], Kind] = {
    lost: Kind.LOST,
    lost_at_the_end_of_the_log: Kind.LOST,
    lost_game: Kind.LOST,
    lost_seat: Kind.LOST,
    recorded_twice: Kind.DUPLICATED,
    recorded_twice_in_a_row: Kind.DUPLICATED,
    answered_with_another_version: Kind.WRONG_ANSWER,
    answered_in_two_ways: Kind.WRONG_ANSWER,
    refused_and_yet_recorded: Kind.PHANTOM,
    told_more_after_what_the_database_lost: Kind.DIVERGED,
    lost_more_than_the_database_did: Kind.LOST,
    gap: Kind.OUT_OF_ORDER,
    repeat: Kind.OUT_OF_ORDER,
    gap_between_two_sockets: Kind.OUT_OF_ORDER,
    reorder: Kind.OUT_OF_ORDER,
    other_data: Kind.DIVERGED,
    an_event_that_is_in_no_log: Kind.DIVERGED,
    win_without_its_end: Kind.TORN,
    never_told_the_end: Kind.NOT_WHOLE,
    told_the_end_too_late: Kind.NOT_WHOLE,
    wrong_player: Kind.ILLEGAL,
    move_into_a_full_column: Kind.ILLEGAL,
    move_after_the_end: Kind.ILLEGAL,
    win_that_nobody_has: Kind.ILLEGAL,
    hole_in_the_log: Kind.ILLEGAL,
    closed_as_a_bug: Kind.BROKEN,
    entry_that_is_behind: Kind.READ_MODEL,
    entry_that_is_missing: Kind.READ_MODEL,
    entry_of_a_game_that_is_not_there: Kind.READ_MODEL,
    entry_with_a_move_twice: Kind.READ_MODEL,
    entry_that_is_not_listed: Kind.READ_MODEL,
}


@pytest.mark.parametrize(("plant", "kind"), PLANTED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_planted_is_found(plant: Callable[[History], None], kind: Kind) -> None:
    history = History()
    plant(history)
    assert kind in history.kinds()


def test_what_the_database_itself_lost_is_nobodys_fault() -> None:
    history = History()
    history.lose_last_commit()
    assert history.kinds() == set()


@pytest.mark.parametrize("code", [4401, 4404])
def test_a_seat_is_closed_to_its_player_only_where_the_database_lost_it(code: int) -> None:
    history = History()
    history.note("ada", "closed", code=code)
    assert history.kinds() == {Kind.BROKEN}
    history.lost = [row for row in history.log if row.command_id == "join"]
    history.note("host", "joined", seat="red")
    assert history.kinds() == set()


def test_a_game_that_is_not_there_was_lost_unless_the_database_lost_it() -> None:
    game = History().log
    lines = [{"client": "host", "socket": 0, "mono": 0, "wall": 0, "what": "created"}]
    assert {violation.kind for violation in check([(GAME, lines)], {})} == {Kind.LOST}
    assert check([(GAME, lines)], {}, lost={GAME: game[:2]}) == []


@pytest.mark.parametrize("code", ["unavailable", "rate_limited"])
def test_a_refusal_that_is_not_the_last_word_may_be_followed_by_the_event(code: str) -> None:
    history = History()
    history.note("ada", "rejected", id="move 2", code=code)
    assert history.kinds() == set()


def test_what_the_database_lost_and_the_same_command_recorded_again_is_one_event() -> None:
    history = History()
    for place, row in enumerate(history.log):
        if row.command_id == "move 6":
            history.lost.append(row)
            history.log[place] = replace(row, recorded_at=START + timedelta(seconds=1))
    assert history.kinds() == set()


def test_who_left_in_the_middle_need_not_be_whole() -> None:
    history = History()
    history.note("passer-by", "opened", after=0)
    history.note("passer-by", "left", over=False)
    assert history.kinds() == set()


def test_one_command_in_two_games_is_found() -> None:
    history = History()
    logs = {GAME: history.log, "other": [replace(row, command_id=f"other {row.version}") for row in log()]}
    logs["other"][1] = replace(logs["other"][1], command_id="other 1")
    assert check([], logs) == []
    logs["other"][4] = replace(logs["other"][4], command_id="move 0")
    assert [violation.kind for violation in check([], logs)] == [Kind.DUPLICATED]
