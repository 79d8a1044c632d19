"""The log of listed games over HTTP, from its read model."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.support.player import Api

PATIENCE = 60


async def log(api: Api, **query: Any) -> dict[str, Any]:
    response = await api.http.get("/api/log", params=query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def until_recorded(api: Api, game: str, version: int) -> list[dict[str, Any]]:
    """The game's events, newest first, once the log has it up to this version."""
    async with asyncio.timeout(PATIENCE):
        while True:
            events: list[dict[str, Any]] = (await log(api, id=game))["events"]
            if events and events[0]["version"] >= version:
                return events
            await asyncio.sleep(0.02)


async def start(api: Api, *, listed: bool) -> tuple[str, str, str]:
    created = (await api.http.post("/api/games", json={"seat": "yellow", "listed": listed})).json()
    joined = await api.join(created["game"])
    return created["game"], created["token"], joined["token"]


async def test_events_of_listed_games_are_there_as_they_are_stored_and_of_others_none(api: Api) -> None:
    hidden, *_ = await start(api, listed=False)
    game, yellow, _ = await start(api, listed=True)
    async with api.seated(game, yellow) as ada:
        await ada.move(3)
    events = await until_recorded(api, game, 5)
    stored = (await api.http.get(f"/api/games/{game}/record")).json()["events"]
    shown = await api.log(game)
    for event, as_stored, as_shown in zip(reversed(events), stored, shown, strict=True):
        for key in ("version", "type", "schema_version", "metadata", "recorded_at"):
            assert event[key] == as_stored[key]
        assert event["data"] == as_shown["data"], "as stored, but for names"
        assert event["cause"] is None
        assert event["effects"] == []
    assert (await log(api, id=hidden))["events"] == []


async def test_newer_and_older_pages_meet_without_gap_or_repeat(api: Api) -> None:
    game, yellow, red = await start(api, listed=True)
    first = (await until_recorded(api, game, 4))[0]
    place = f"{first['transaction']}-{first['position']}"
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        for column in (0, 1, 2):
            await ada.move(column)
            await grace.move(column)
    await until_recorded(api, game, 10)
    newer = await log(api, id=game, after=place)
    assert [event["version"] for event in newer["events"]] == [10, 9, 8, 7, 6, 5]
    older = await log(api, id=game, before=place)
    assert [event["version"] for event in older["events"]] == [3, 2, 1]
    assert (await log(api, id=game, after=newer["newer"]))["events"] == []
    assert older["older"] is None


async def test_events_are_found_by_type_and_by_command(api: Api) -> None:
    game, yellow, _ = await start(api, listed=True)
    async with api.seated(game, yellow) as ada:
        await ada.move(3)
    moved = (await until_recorded(api, game, 5))[0]
    assert {event["type"] for event in (await log(api, type="GameStarted"))["events"]} == {"GameStarted"}
    assert [event["version"] for event in (await log(api, id=game, type="PlayerJoined"))["events"]] == [3, 2]
    found = (await log(api, id=moved["metadata"]["command_id"]))["events"]
    assert [(event["game"], event["version"]) for event in found] == [(game, 5)]
    assert (await log(api, id=str(uuid4())))["events"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"before": "x"},
        {"after": "1"},
        {"after": "1-2-3"},
        {"after": "9999999999999999999-1"},
        {"before": "1-9999999999999999999"},
        {"before": "1-1", "after": "1-1"},
        {"after": "١-٢"},
        {"id": "x"},
        {"id": ""},
        {"type": "'; DROP TABLE events"},
        {"type": ""},
    ],
)
async def test_nonsense_is_refused(api: Api, query: dict[str, str]) -> None:
    response = await api.http.get("/api/log", params=query)
    assert (response.status_code, response.json()["code"]) == (400, "bad_message")


async def test_projections_say_how_far_they_are(api: Api) -> None:
    game, *_ = await start(api, listed=True)
    await until_recorded(api, game, 4)
    [_, games, log, ratings] = (await api.http.get("/api/projections")).json()["projections"]
    assert (games["name"], log["name"], ratings["name"]) == ("games", "log", "ratings")
    assert {games["state"], log["state"], ratings["state"]} == {"serving"}
    assert log["events"] >= 4
