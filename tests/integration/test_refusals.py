"""Every refusal of the protocol, tried over a real socket: it has its code, and the game stays as it was."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import websockets

from server.sockets.session import BAD_MESSAGES
from tests.conftest import Serve
from tests.support.player import Api, Json, Socket


class Table:
    """A game with a socket for each side and one that watches; at the end its version must be `version`."""

    def __init__(self, api: Api, game: str, yellow: Socket, red: Socket, watching: Socket) -> None:
        self.api, self.game, self.yellow, self.red, self.watching = api, game, yellow, red, watching
        self.version = 4

    async def play(self, columns: str) -> None:
        for number, column in enumerate(columns):
            answer = await (self.yellow, self.red)[number % 2].move(int(column) - 1)
            assert answer["type"] == "accepted", answer
            self.version = answer["version"]


@pytest.fixture
async def table(api: Api) -> AsyncIterator[Table]:
    game, yellow, red = await api.start()
    async with AsyncExitStack() as stack:
        table = Table(
            api,
            game,
            yellow=await stack.enter_async_context(api.seated(game, yellow)),
            red=await stack.enter_async_context(api.seated(game, red)),
            watching=await stack.enter_async_context(api.connect(game)),
        )
        yield table
        assert (await api.state(game))["version"] == table.version, "a refusal changed the game"


def refused(answer: Json) -> str:
    assert answer["type"] == "rejected", answer
    assert answer["detail"]
    return str(answer["code"])


async def test_not_your_turn(table: Table) -> None:
    assert refused(await table.red.move(0)) == "not_your_turn"
    await table.play("1")
    assert refused(await table.yellow.move(0)) == "not_your_turn"


async def test_column_full(table: Table) -> None:
    await table.play("111111")
    assert refused(await table.yellow.move(0)) == "column_full"


@pytest.mark.parametrize("column", [-1, 7, 10**12])
async def test_no_such_column(table: Table, column: int) -> None:
    assert refused(await table.yellow.move(column)) == "no_such_column"


async def test_game_not_started(api: Api) -> None:
    created = await api.create()
    async with api.seated(created["game"], created["token"]) as ada:
        assert refused(await ada.move(0)) == "game_not_started"
        assert refused(await ada.ask("resign")) == "game_not_started"
    assert (await api.state(created["game"]))["version"] == 2


async def test_game_over(table: Table) -> None:
    await table.play("1212121")
    for socket in (table.yellow, table.red):
        assert refused(await socket.move(5)) == "game_over"
        assert refused(await socket.ask("resign")) == "game_over"


@pytest.mark.parametrize("version", [0, 3, 5, 99])
async def test_stale_version(table: Table, version: int) -> None:
    assert refused(await table.yellow.move(0, version=version)) == "stale_version"


@pytest.mark.parametrize(
    "command", [{"type": "move", "column": 0}, {"type": "resign"}, {"type": "offer_draw"}]
)
async def test_not_seated(table: Table, command: Json) -> None:
    assert refused(await table.watching.ask(**command)) == "not_seated"


async def test_there_is_no_draw_before_both_have_moved(table: Table) -> None:
    assert refused(await table.yellow.ask("offer_draw")) == "too_soon"
    assert refused(await table.yellow.ask("accept_draw", offer=4)) == "no_offer"


async def test_no_time_is_up_without_a_clock(table: Table) -> None:
    assert refused(await table.yellow.ask("claim_timeout")) == "not_allowed"


async def test_another_players_command_id_is_refused(table: Table) -> None:
    id = uuid.uuid4()
    assert (await table.yellow.ask("move", id, column=0))["type"] == "accepted"
    table.version = 5
    assert refused(await table.red.ask("move", id, column=0)) == "bad_message"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "{",
        "[]",
        "null",
        '{"type":"dance"}',
        '{"type":"move","column":0}',
        "[" * 2000,
        b"\x00\x01",
    ],
)
async def test_bad_message(table: Table, frame: str | bytes) -> None:
    await table.yellow.send_raw(frame)
    answer = await table.yellow.hear("rejected")
    assert (answer["code"], answer["id"]) == ("bad_message", None)


async def test_bad_message_names_the_commands_id_where_it_has_one(table: Table) -> None:
    assert refused(await table.yellow.ask("move", column="left")) == "bad_message"
    assert refused(await table.yellow.ask("move", column=3, version="new")) == "bad_message"
    assert refused(await table.yellow.ask("dance")) == "bad_message"


async def test_too_many_bad_messages_close_the_socket(table: Table) -> None:
    for _ in range(BAD_MESSAGES + 1):
        await table.watching.send_raw("nonsense")
    assert await table.watching.hear_close() == 1008
    assert (await table.yellow.move(0))["type"] == "accepted"
    table.version = 5


async def test_a_frame_over_4_kib_closes_the_socket(table: Table) -> None:
    await table.watching.send_raw(json.dumps({"type": "ping", "t": "x" * 4096}))
    assert await table.watching.hear_close() == 1009


async def test_a_frame_of_4_kib_does_not(table: Table) -> None:
    frame = json.dumps({"type": "ping", "t": ""})
    await table.watching.send_raw(frame.replace('""', '"' + "x" * (4096 - len(frame)) + '"'))
    await table.watching.hear("pong")


async def test_a_bad_token_closes_the_socket(api: Api) -> None:
    game, _, _ = await api.start()
    _, of_another_game, _ = await api.start()
    for token in ("", "nonsense", of_another_game):
        async with api.connect(game) as socket:
            await socket.send(type="authenticate", token=token)
            assert await socket.hear_close() == 4401


@pytest.mark.parametrize("game", [str(uuid.UUID(int=0)), "nonsense"])
async def test_no_such_game(api: Api, game: str) -> None:
    async with api.connect(game) as socket:
        assert await socket.hear_close() == 4404
    assert socket.heard == []


@pytest.mark.parametrize("after", ["", "-1", "x", "1e3", "9" * 40])
async def test_an_after_that_is_no_version_is_refused_at_the_handshake(api: Api, after: str) -> None:
    game, _, _ = await api.start()
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with api.connect(game, after=after):
            pass
    assert refusal.value.response.status_code == 400


async def test_a_page_of_another_site_may_not_open_a_socket(api: Api) -> None:
    game, _, _ = await api.start()
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with api.connect(game, origin="https://evil.example"):
            pass
    assert refusal.value.response.status_code == 403
    async with api.connect(game, origin=api.url) as socket:
        await socket.hear("welcome")


async def test_rate_limited(serve: Serve) -> None:
    async with serve(message_rate=2, limit_loopback=True) as api:
        game, yellow, _ = await api.start()
        async with api.connect(game) as ada:
            await ada.send(type="authenticate", token=yellow)
            for _ in range(10):
                await ada.send(type="ping")
            answer = await ada.ask("move", column=0)
            assert refused(answer) == "rate_limited"
        assert (await api.state(game))["version"] == 4


async def test_a_flood_closes_the_socket_and_others_play_on(serve: Serve) -> None:
    async with serve(message_rate=1, limit_loopback=True) as api:
        game, yellow, _ = await api.start()
        async with api.connect(game) as flood, api.seated(game, yellow) as ada:
            async with asyncio.TaskGroup() as tasks:
                closed = tasks.create_task(flood.hear_close())
                with contextlib.suppress(websockets.ConnectionClosed):
                    while not closed.done():
                        await flood.send(type="ping")
                        await asyncio.sleep(0)
            assert closed.result() == 1008
            assert (await ada.move(0))["type"] == "accepted"


async def test_a_socket_too_many_is_told_to_try_again_later(serve: Serve) -> None:
    async with serve(sockets_per_address=1, limit_loopback=True) as api:
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            async with api.connect(game) as one_too_many:
                assert await one_too_many.hear_close() == 1013
            assert (await ada.move(0))["type"] == "accepted"


async def test_a_handshake_too_many_is_refused_before_anything_else(serve: Serve) -> None:
    async with serve(handshakes_per_minute=2, limit_loopback=True) as api:
        game, _, _ = await api.start()
        for options, status in (({}, 101), ({"origin": "https://evil.example"}, 403), ({}, 429), ({}, 429)):
            try:
                async with api.connect(game, **options) as socket:
                    await socket.hear("welcome")
                    answered = 101
            except websockets.InvalidStatus as refusal:
                answered = refusal.response.status_code
                waiting = refusal.response.headers.get("retry-after")
            assert answered == status
        assert waiting is not None
        assert 1 <= int(waiting) <= 30
    async with serve(handshakes_per_minute=1) as api:
        for _ in range(3):
            async with api.connect(game) as exempt:
                await exempt.hear("welcome")


async def test_a_game_too_many_is_refused_with_when_to_try_again(serve: Serve) -> None:
    async with serve(games_per_minute=2, limit_loopback=True) as api:
        answers = [await api.http.post("/api/games") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert answers[2].json()["code"] == "rate_limited"
        assert 1 <= int(answers[2].headers["retry-after"]) <= 30
