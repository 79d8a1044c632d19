import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from server.game.commands import Claim
from server.game.events import MoveMade
from server.wire import from_client, to_client
from server.wire.commits import commits
from server.wire.from_client import Authenticate, BadMessage, MoveMessage, Ping
from tests.support.events import recorded
from tests.support.scenario import ADA

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = "00000000-0000-0000-0000-00000000002a"


def test_a_move_may_name_the_version_it_was_made_on() -> None:
    assert from_client.decode(f'{{"type":"move","id":"{ID}","column":3,"version":7}}') == MoveMessage(
        UUID(ID), 3, 7
    )
    assert from_client.decode(f'{{"type":"move","id":"{ID}","column":3}}') == MoveMessage(UUID(ID), 3, None)


def test_keys_that_nobody_knows_are_passed_over() -> None:
    assert from_client.decode('{"type":"authenticate","token":"t","colour":"blue"}') == Authenticate("t")


def test_a_ping_may_carry_anything() -> None:
    assert from_client.decode('{"type":"ping","t":[1.5,"x"]}') == Ping([1.5, "x"])
    assert json.loads(to_client.pong([1.5, "x"], NOW).text)["t"] == [1.5, "x"]


@pytest.mark.parametrize("kind", ["draw", "takeback", "rematch"])
def test_an_answer_names_the_offer(kind: str) -> None:
    assert from_client.decode(f'{{"type":"offer_{kind}","id":"{ID}"}}')
    for answer in ("accept", "decline"):
        message = from_client.decode(f'{{"type":"{answer}_{kind}","id":"{ID}","offer":7}}')
        assert isinstance(message, from_client.AnswerMessage)
        assert message.offer == 7
        with pytest.raises(BadMessage):
            from_client.decode(f'{{"type":"{answer}_{kind}","id":"{ID}"}}')


def test_a_win_is_claimed_unless_a_draw_is() -> None:
    claim = f'"type":"claim_abandonment","id":"{ID}"'
    assert from_client.decode(f"{{{claim}}}") == from_client.ClaimAbandonmentMessage(UUID(ID), Claim.WIN)
    assert from_client.decode(f'{{{claim},"result":"draw"}}') == from_client.ClaimAbandonmentMessage(
        UUID(ID), Claim.DRAW
    )


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "{",
        "{}",
        '{"type":"dance"}',
        '{"type":"move"}',
        '{"type":"move","id":"1","column":3}',
        '{"type":"authenticate"}',
        '{"type":"authenticate","token":7}',
        "[" * 4000,
        '{"type":"ping","t":' + "[" * 4000,
    ],
)
def test_what_is_no_message_is_a_bad_message(frame: str) -> None:
    with pytest.raises(BadMessage) as refusal:
        from_client.decode(frame)
    assert refusal.value.id is None


@pytest.mark.parametrize(
    "rest", ['"column":"3"', '"column":3.5', '"column":true', '"column":3,"version":"x"', '"c":1']
)
def test_a_bad_message_names_its_id_where_it_has_one(rest: str) -> None:
    with pytest.raises(BadMessage) as refusal:
        from_client.decode(f'{{"type":"move","id":"{ID}",{rest}}}')
    assert refusal.value.id == UUID(ID)


def test_events_that_were_recorded_together_come_in_one_frame() -> None:
    move = MoveMade(player=ADA, column=0)
    frames = commits([recorded(move, 1, 10), recorded(move, 2, 10), recorded(move, 3, 11)], None)
    assert [(commit.first, commit.last) for commit in frames] == [(1, 2), (3, 3)]
    assert [event["version"] for event in json.loads(frames[0].frame.text)["events"]] == [1, 2]


def test_an_event_is_shown_with_the_five_things_the_protocol_names() -> None:
    [commit] = commits([recorded(MoveMade(player=ADA, column=0), 1)], None)
    [event] = json.loads(commit.frame.text)["events"]
    assert event.keys() == {"version", "type", "data", "recorded_at", "command_id"}
