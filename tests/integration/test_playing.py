"""A game over real sockets: what each side is told, and that it is the log."""

import asyncio
import uuid

import pytest

from tests.support.player import Api, Socket

YELLOW_WINS = "1212121"


async def play(sockets: tuple[Socket, Socket], columns: str) -> None:
    """Play from the start, each move on the version that its player saw."""
    for number, column in enumerate(columns):
        mover = sockets[number % 2]
        await mover.hear_version(4 + number)
        answer = await mover.move(int(column) - 1, version=4 + number)
        assert answer["type"] == "accepted", answer


async def test_a_whole_game_reaches_both_players_and_who_watches(api: Api) -> None:
    game, yellow, red = await api.start()
    async with (
        api.seated(game, yellow) as ada,
        api.seated(game, red) as grace,
        api.connect(game) as spectator,
    ):
        await play((ada, grace), YELLOW_WINS)
        async with api.connect(game) as late:
            for socket in (ada, grace, spectator, late):
                await socket.hear_version(12)
    log = await api.log(game)
    for socket in (ada, grace, spectator, late):
        assert socket.events == log
    assert [event["type"] for event in log] == [
        *("GameCreated", "PlayerJoined", "PlayerJoined", "GameStarted"),
        *["MoveMade"] * 7,
        "GameFinished",
    ]


async def test_a_winning_move_and_the_end_of_the_game_come_in_one_frame(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await play((ada, grace), YELLOW_WINS)
        await grace.hear_version(12)
    async with api.connect(game) as late:
        await late.hear_version(12)
    for socket in (grace, late):
        frames = [frame["events"] for frame in socket.heard if frame["type"] == "events"]
        assert [[event["version"] for event in frame] for frame in frames][-1] == [11, 12]
        assert [event["type"] for event in frames[-1]] == ["MoveMade", "GameFinished"]


async def test_accepted_names_the_version_of_the_commands_last_event(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await play((ada, grace), YELLOW_WINS[:-1])
        answer = await ada.move(0)
    assert (answer["type"], answer["version"]) == ("accepted", 12)


async def test_welcome_comes_first_and_says_how_far_the_game_is(api: Api) -> None:
    game, _, _ = await api.start()
    async with api.connect(game) as socket:
        await socket.hear_version(4)
    welcome = socket.heard[0]
    assert welcome.pop("server_time").endswith("Z")
    assert welcome == {"type": "welcome", "protocol": 2, "game": game, "version": 4}


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
async def test_history_begins_behind_after(api: Api, after: int) -> None:
    game, yellow, _ = await api.start()
    async with api.connect(game, after=after) as socket:
        assert (await socket.hear("welcome"))["version"] == 4
        async with api.seated(game, yellow) as ada:
            await ada.move(3)
        await socket.hear_version(5)
    assert [event["version"] for event in socket.events] == list(range(after + 1, 6))


async def test_the_same_command_twice_has_one_effect_and_one_answer(api: Api) -> None:
    game, yellow, red = await api.start()
    id = uuid.uuid4()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        first = await ada.ask("move", id, column=3, version=4)
        await grace.hear_version(5)
        await grace.move(3)
        again = await ada.ask("move", id, column=3, version=4)
        async with api.seated(game, yellow) as elsewhere:
            from_elsewhere = await elsewhere.ask("move", id, column=3, version=4)
    assert first == again == from_elsewhere == {"type": "accepted", "id": str(id), "version": 5}
    assert (await api.state(game))["moves"] == "44"


async def test_the_same_command_sent_many_times_at_once_has_one_effect(api: Api) -> None:
    game, yellow, _ = await api.start()
    id = uuid.uuid4()

    async def send() -> dict[str, object]:
        async with api.seated(game, yellow) as ada:
            return await ada.ask("move", id, column=3)

    answers = await asyncio.gather(*(send() for _ in range(8)))
    assert answers == [{"type": "accepted", "id": str(id), "version": 5}] * 8
    assert (await api.state(game))["moves"] == "4"


async def test_a_refusal_is_the_same_when_sent_again(api: Api) -> None:
    game, yellow, red = await api.start()
    id = uuid.uuid4()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        first = await grace.ask("move", id, column=3)
        await ada.move(3)
        assert await grace.ask("move", id, column=3) == first
    assert first["code"] == "not_your_turn"


async def test_who_resigns_gives_the_game_to_the_other(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        assert (await grace.ask("resign"))["type"] == "accepted"
        await ada.hear_version(5)
    state = await api.state(game)
    assert (state["status"], state["result"], state["by"]) == ("finished", "PLAYER_ONE_WON", "resignation")


async def test_of_many_moves_at_once_one_is_made(api: Api) -> None:
    """A crowd of one player's own tabs: whichever is first, the others are refused."""
    game, yellow, _ = await api.start()

    async def move(column: int) -> str:
        async with api.seated(game, yellow) as tab:
            answer = await tab.move(column, version=4)
            return str(answer.get("code", "accepted"))

    answers = await asyncio.gather(*(move(number % 7) for number in range(14)))
    assert sorted(answers) == ["accepted", *["stale_version"] * 13]
    assert (await api.state(game))["version"] == 5


async def test_a_ping_is_answered_with_what_it_carried(api: Api) -> None:
    game, _, _ = await api.start()
    async with api.connect(game) as socket:
        await socket.send(type="ping", t=17.5)
        pong = await socket.hear("pong")
    assert pong["t"] == 17.5
    assert pong["server_time"].endswith("Z")


async def test_a_player_who_leaves_in_the_middle_of_a_move_has_made_it_and_all_see_it(api: Api) -> None:
    game, yellow, red = await api.start()
    async with api.seated(game, red) as grace:
        async with api.seated(game, yellow) as ada:
            await ada.send(type="move", id=str(uuid.uuid4()), column=3)
            ada.connection.transport.abort()
        await grace.hear_version(5)
    assert (await api.state(game))["moves"] == "4"
