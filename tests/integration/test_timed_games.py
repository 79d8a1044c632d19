"""Games with a clock, and what players offer each other, over real sockets."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.delivery import absence
from server.game import endings
from tests.conftest import Serve
from tests.support.player import Api, Json, Socket

CLOCK = {"initial": 180, "increment": 2}


def refused(answer: Json) -> str:
    assert answer["type"] == "rejected"
    return str(answer["code"])


async def accepted(player: Socket, type: str, **fields: Any) -> int:
    answer = await player.ask(type, **fields)
    assert answer["type"] == "accepted", answer
    return int(answer["version"])


async def play(ada: Socket, grace: Socket, columns: str, first: int = 0) -> None:
    for number, column in enumerate(columns, first):
        await accepted((ada, grace)[number % 2], "move", column=int(column) - 1)


@pytest.mark.usefixtures("exact_clock")
async def test_each_move_of_a_timed_game_says_what_it_took_and_left(serve: Serve) -> None:
    async with serve() as api:
        game, yellow, red = await api.start(clock=CLOCK)
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            await play(ada, grace, "1234")
            await ada.hear_version(8)
        log, state = await api.log(game), await api.state(game)
    assert log[0]["data"]["clock"] == CLOCK
    moves = [event for event in log if event["type"] == "MoveMade"]
    assert [move["data"]["elapsed_ms"] for move in moves[:2]] == [0, 0]
    left = [180_000, 180_000]
    for number, (before, move) in enumerate(zip([log[3], *moves], moves, strict=False)):
        data = move["data"]
        if number >= 2:
            recorded = [datetime.fromisoformat(event["recorded_at"]) for event in (before, move)]
            assert 0 <= data["elapsed_ms"] <= (recorded[1] - recorded[0]).total_seconds() * 1000 + 1
            assert data["remaining_ms"] == left[number % 2] - data["elapsed_ms"] + data["lag_ms"] + 2_000
        left[number % 2] = data["remaining_ms"]
    assert state["clock"] == {
        **CLOCK,
        "remaining_ms": {"yellow": left[0], "red": left[1]},
        "running": "yellow",
        "since": moves[-1]["recorded_at"],
    }


async def test_a_takeback_restores_board_and_clock_and_the_log_keeps_the_moves(api: Api) -> None:
    game, yellow, red = await api.start(clock=CLOCK)
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await play(ada, grace, "1234")
        version = await accepted(ada, "offer_takeback")
        assert (await api.state(game))["offer"] == {"kind": "takeback", "seat": "yellow", "version": 9}
        assert refused(await grace.ask("accept_takeback", offer=version - 1)) == "no_offer"
        await accepted(grace, "accept_takeback", offer=version)
        state, before = await api.state(game), await api.state(game, at=6)
        for key in ("board", "moves", "next"):
            assert state[key] == before[key]
        assert state["clock"]["remaining_ms"] == before["clock"]["remaining_ms"]
        await play(ada, grace, "7")
    assert [event["type"] for event in await api.log(game)][4:] == [
        *["MoveMade"] * 4,
        "TakebackOffered",
        "MovesTakenBack",
        "MoveMade",
    ]


async def test_a_draw_is_agreed_on_by_an_answer_or_by_two_offers(api: Api) -> None:
    for answer in ("accept_draw", "offer_draw"):
        game, yellow, red = await api.start()
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            await play(ada, grace, "12")
            version = await accepted(ada, "offer_draw")
            await grace.hear_version(version)
            await accepted(grace, answer, **({"offer": version} if answer == "accept_draw" else {}))
            await ada.hear_version(8)
        state = await api.state(game)
        assert (state["result"], state["by"], state["offer"]) == ("TIED", "agreement", None)


async def test_an_aborted_game_has_no_result(api: Api) -> None:
    game, yellow, _ = await api.start()
    async with api.seated(game, yellow) as ada:
        await accepted(ada, "abort")
        assert refused(await ada.ask("abort")) == "game_over"
    state = await api.state(game)
    assert (state["status"], state["result"], state["by"]) == ("finished", None, "player")


@pytest.mark.parametrize("timed", [False, True])
async def test_a_claim_that_does_not_hold_is_not_yet(api: Api, timed: bool) -> None:
    game, yellow, _ = await api.start(**({"clock": CLOCK} if timed else {}))
    async with api.seated(game, yellow) as ada:
        assert refused(await ada.ask("claim_abandonment")) == "not_yet"
        assert refused(await ada.ask("claim_timeout")) == ("not_yet" if timed else "not_allowed")


@pytest.fixture
def short_absences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "LEFT_WITH_CLOCK", timedelta(seconds=0.3))
    monkeypatch.setattr(absence, "SETTLE", timedelta(0))


async def absence_of(player: Socket, seat: str) -> Json:
    """The first news of a player's absence."""
    while seat not in (told := (await player.hear("presence")).get("away", {})):
        pass
    return dict(told[seat])


@pytest.mark.usefixtures("short_absences")
@pytest.mark.parametrize("result", ["win", "draw"])
async def test_a_game_is_claimed_against_a_player_who_left_it(api: Api, result: str) -> None:
    game, yellow, red = await api.start(clock=CLOCK)
    async with api.seated(game, yellow) as ada:
        async with api.seated(game, red) as grace:
            await play(ada, grace, "12")
            assert refused(await ada.ask("claim_abandonment")) == "not_yet"
        told = await absence_of(ada, "red")
        assert datetime.fromisoformat(told["claim_at"]) - datetime.fromisoformat(told["since"]) == (
            timedelta(seconds=0.3)
        )
        while (answer := await ada.ask("claim_abandonment", result=result))["type"] == "rejected":
            assert answer["code"] == "not_yet"
            await asyncio.sleep(0.05)
    state = await api.state(game)
    assert state["by"] == "abandonment"
    assert state["result"] == ("PLAYER_ONE_WON" if result == "win" else "TIED")


@pytest.mark.usefixtures("short_absences")
async def test_an_absence_is_told_although_the_last_move_was_made_on_another_server(serve: Serve) -> None:
    async with serve(server_name="one") as one, serve(server_name="two") as two:
        game, yellow, red = await one.start(clock=CLOCK)
        async with one.seated(game, yellow) as ada:
            async with two.seated(game, red) as grace:
                await play(ada, grace, "1")
                await grace.hear_version(5)
                await play(ada, grace, "1", first=1)
                await ada.hear_version(6)
            while "red" not in (await ada.hear("presence")).get("away", {}):
                pass


@pytest.mark.usefixtures("short_absences")
async def test_a_player_whose_connection_broke_has_longer_than_one_who_left(api: Api) -> None:
    game, yellow, red = await api.start(clock=CLOCK)
    async with api.seated(game, yellow) as ada:
        async with api.seated(game, red) as grace:
            await play(ada, grace, "12")
            grace.connection.transport.abort()
        told = await absence_of(ada, "red")
        away = datetime.fromisoformat(told["claim_at"]) - datetime.fromisoformat(told["since"])
        assert away == endings.AWAY_WITH_CLOCK
