"""Players without accounts, as a client becomes one and gives commands as one."""

from typing import Any

import asyncpg
import httpx

from tests.support.player import Api, Json

NAME = "Zoë Ünverwechselbar"
"""A name that no other text contains."""


async def become(api: Api, name: str = NAME) -> Json:
    answer = await api.http.post("/api/players", json={"name": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(player: Json | str) -> dict[str, str]:
    return {"authorization": f"Bearer {player if isinstance(player, str) else player['secret']}"}


async def create(api: Api, player: Json, **body: Any) -> Json:
    answer = await api.http.post("/api/games", json={"seat": "yellow", **body}, headers=bearer(player))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def join(api: Api, game: str, player: Json, **body: Any) -> Json:
    answer = await api.http.post(f"/api/games/{game}/players", json=body, headers=bearer(player))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def seats(api: Api, game: str) -> dict[str, tuple[str, str]]:
    players = (await api.state(game))["players"]
    return {seat: (player["player"], player["name"]) for seat, player in players.items() if player}


async def me(api: Api, player: Json | str) -> httpx.Response:
    return await api.http.get("/api/me", headers=bearer(player))


async def hand_over(api: Api, player: Json) -> Json:
    answer = await api.http.post("/api/me/handover", headers=bearer(player))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def take_over(api: Api, code: str) -> httpx.Response:
    return await api.http.post("/api/handover", json={"code": code})


async def everything_stored(connection: "asyncpg.Connection[Any]") -> str:
    """All rows of all tables, as text."""
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows: list[object] = []
    for (table,) in tables:
        rows += await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 - the database's own names
    return "\n".join(map(repr, rows))
