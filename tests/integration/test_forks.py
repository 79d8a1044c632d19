"""Forks over HTTP: games that continue another one from a position."""

from typing import Any
from uuid import uuid4

import pytest

from tests.golden.rules import DRAWN
from tests.support.people import become
from tests.support.player import Api, Json


async def played(api: Api, columns: str, **more: Any) -> tuple[str, str, str]:
    """A game after these moves: its id, and the tokens of yellow and red."""
    game, yellow, red = await api.start(**more)
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        for number, column in enumerate(columns):
            answer = await (grace if number % 2 else ada).move(int(column) - 1)
            assert answer["type"] == "accepted", answer
    return game, yellow, red


async def fork(api: Api, game: str, version: int, headers: Json | None = None, **more: Any) -> Json:
    answer = await api.http.post(
        f"/api/games/{game}/forks", json={"version": version, **more}, headers=headers
    )
    return {"status": answer.status_code, **answer.json()}


async def test_a_fork_begins_with_the_position_at_its_version_and_knows_its_parent(api: Api) -> None:
    game, _, _ = await played(api, "4453")
    forked = await fork(api, game, 7, seat="red", name="Eve")
    assert forked.keys() == {"status", "game", "seat", "token", "url"}
    assert (forked["status"], forked["seat"]) == (201, "red")
    state, position = await api.state(forked["game"]), await api.state(game, at=7)
    assert state["fork_of"] == {"game": game, "version": 7}
    assert (state["moves"], state["board"]) == ("445", position["board"])
    assert (state["status"], state["version"]) == ("waiting", 2)
    assert (await api.state(game))["fork_of"] is None
    [created, _] = await api.log(forked["game"])
    assert created["data"]["opening"] == "445"
    yellow = (await api.join(forked["game"]))["token"]
    async with api.seated(forked["game"], forked["token"]) as eve, api.seated(forked["game"], yellow) as ada:
        assert (await ada.move(0))["code"] == "not_your_turn"
        assert (await eve.move(0))["type"] == "accepted"
        assert (await ada.move(1))["type"] == "accepted"
    assert (await api.state(forked["game"]))["moves"] == "44512"


async def test_a_fork_asked_for_again_is_the_same_one(api: Api) -> None:
    game, _, _ = await played(api, "44")
    mine: Json = {"id": str(uuid4()), "token": "t" * 43}
    first, second = [await fork(api, game, 6, **mine) for _ in range(2)]
    assert first == second
    other = await fork(api, game, 6, **mine | {"token": "u" * 43})
    assert (other["status"], other["code"]) == (409, "id_taken")


async def test_what_is_won_or_full_is_not_continued(api: Api) -> None:
    game, _, _ = await played(api, "1212121")
    won = await fork(api, game, 11)
    assert (won["status"], won["code"]) == (422, "game_over")
    assert (await fork(api, game, 12))["code"] == "game_over"
    assert (await fork(api, game, 10))["status"] == 201


@pytest.mark.parametrize(
    ("version", "status", "code"), [(99, 404, "no_such_version"), (0, 400, "bad_message")]
)
async def test_there_is_no_fork_of_a_version_that_there_is_not(
    api: Api, version: int, status: int, code: str
) -> None:
    game, _, _ = await api.start()
    answer = await fork(api, game, version)
    assert (answer["status"], answer["code"]) == (status, code)
    assert (await fork(api, str(uuid4()), 1))["code"] == "no_such_game"


async def test_a_fork_is_not_rated(api: Api) -> None:
    game, _, _ = await api.start()
    answer = await fork(api, game, 4, rated=True)
    assert (answer["status"], answer["code"]) == (422, "not_rated")


async def test_who_plays_a_game_forks_it_when_it_is_over_and_others_at_any_time(api: Api) -> None:
    ada, eve = await become(api, "Ada"), await become(api, "Eve")
    headers = {"Authorization": f"Bearer {ada['secret']}"}
    created = (await api.http.post("/api/games", json={"seat": "yellow"}, headers=headers)).json()
    game = created["game"]
    red = (await api.join(game))["token"]
    for secret in (ada["secret"], red):
        refused = await fork(api, game, 4, {"Authorization": f"Bearer {secret}"})
        assert (refused["status"], refused["code"]) == (409, "still_playing")
    assert (await fork(api, game, 4, {"Authorization": f"Bearer {eve['secret']}"}))["status"] == 201
    assert (await fork(api, game, 4, {"Authorization": f"Bearer {'x' * 43}"}))["code"] == "bad_secret"
    async with api.seated(game, red) as grace:
        await grace.ask("resign")
    forked = await fork(api, game, 4, headers, seat="red")
    assert forked["status"] == 201
    assert (await api.state(forked["game"]))["players"]["red"] == {"player": ada["player"], "name": "Ada"}
    assert (await fork(api, game, 4, {"Authorization": f"Bearer {red}"}))["status"] == 201


async def test_a_fork_is_listed_as_its_parent_is_and_listed_on_it(api: Api) -> None:
    for listed in (True, False):
        game, _, _ = await played(api, "44", listed=listed)
        forks = [(await fork(api, game, version))["game"] for version in (4, 5, 6)]
        shown: Json = {}
        while len(shown.get("games", [])) < (3 if listed else 0):
            shown = (await api.http.get(f"/api/games/{game}/forks")).json()
        shown = (await api.http.get(f"/api/games/{game}/forks")).json()
        assert [entry["game"] for entry in shown["games"]] == (forks[::-1] if listed else [])
        for entry, version in zip(shown["games"], (6, 5, 4), strict=False):
            assert entry["fork_of"] == {"game": game, "version": version}
            assert entry["moves"] == "44"[: version - 4]
    page = (await api.http.get(f"/api/games/{game}/forks", params={"limit": 0})).json()
    assert page["code"] == "bad_message"


async def test_a_fork_with_a_clock_gives_each_player_the_first_move(api: Api) -> None:
    game, _, _ = await played(api, "445")
    forked = await fork(api, game, 7, seat="red", clock={"initial": 60, "increment": 1})
    yellow = (await api.join(forked["game"]))["token"]
    async with api.seated(forked["game"], forked["token"]) as eve, api.seated(forked["game"], yellow) as ada:
        assert (await eve.move(0))["type"] == "accepted"
        clock = (await api.state(forked["game"]))["clock"]
        assert (clock["running"], clock["remaining_ms"]) == (None, {"yellow": 60_000, "red": 60_000})
        assert (await ada.move(1))["type"] == "accepted"
        assert (await api.state(forked["game"]))["clock"]["running"] == "red"


async def test_a_fork_against_the_computer_goes_on_at_once(api: Api) -> None:
    game, _, _ = await played(api, "445")
    forked = await fork(api, game, 7, seat="yellow", opponent="bot:medium")
    async with api.seated(forked["game"], forked["token"]) as ada:
        await ada.hear_version(5)
        assert (await ada.move(6))["type"] == "accepted"
        await ada.hear_version(7)
    assert (await api.state(forked["game"]))["players"]["red"]["bot"]["level"] == "medium"


async def test_every_open_version_of_a_drawn_game_is_forked_as_it_is_shown(api: Api) -> None:
    """tests/unit/test_golden.py does it for every golden game."""
    game, _, _ = await played(api, DRAWN)
    last = (await api.state(game))["version"]
    for version in range(1, last - 1):
        forked, position = await fork(api, game, version), await api.state(game, at=version)
        state = await api.state(forked["game"])
        assert (state["moves"], state["board"]) == (position["moves"], position["board"])
    for version in (last - 1, last):
        assert (await fork(api, game, version))["code"] == "game_over"
