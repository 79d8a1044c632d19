"""Games against the computer, over real sockets, with real processes that think."""

from datetime import datetime

import pytest

from server.game.engine import ENGINE, Level
from tests.support.player import Api, Json, Socket


async def play(ada: Socket, columns: str) -> None:
    """Ada's moves, each after the computer's answer to the one before."""
    for column in columns:
        answer = await ada.move(int(column) - 1)
        assert answer["type"] == "accepted", answer
        await ada.hear_version(answer["version"] + 1)


def moves(log: list[Json]) -> list[Json]:
    return [event for event in log if event["type"] == "MoveMade"]


def seconds_between(one: Json, two: Json) -> float:
    at = [datetime.fromisoformat(event["recorded_at"]) for event in (one, two)]
    return (at[1] - at[0]).total_seconds()


@pytest.mark.parametrize("level", list(Level))
async def test_the_computer_sits_down_at_once_and_answers_each_move(api: Api, level: Level) -> None:
    created = await api.create(seat="yellow", opponent=f"bot:{level}")
    game = created["game"]
    async with api.seated(game, created["token"]) as ada:
        await play(ada, "44")
    log = await api.log(game)
    assert [event["type"] for event in log] == [
        "GameCreated",
        *["PlayerJoined"] * 2,
        "GameStarted",
        *["MoveMade"] * 4,
    ]
    bot = {"level": level, "engine": ENGINE}
    assert (log[2]["data"]["seat"], log[2]["data"]["bot"]) == ("red", bot)
    assert (await api.state(game))["players"]["red"]["bot"] == bot
    assert "bot" not in (await api.state(game))["players"]["yellow"]
