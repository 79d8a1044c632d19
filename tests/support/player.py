"""A player over real sockets: what a browser or somebody's bot would send, and all that it was told."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import websockets

from server.store.credentials import new_token

Json = dict[str, Any]

PATIENCE = 60
"""Time limit for a message, in seconds. Only a test that fails waits so long, however busy the machine is."""
PAUSE = 0.05
"""Time until a request that could not be carried out is sent again, in seconds."""


UNHURRIED: Json = {"open_timeout": PATIENCE, "ping_interval": None}
"""Options of a connection that lasts, however long a busy machine takes."""


def client(url: str, **options: Any) -> httpx.AsyncClient:
    """An HTTP client of the server at `url`. It loads no certificates, which would take 20 ms."""
    return httpx.AsyncClient(base_url=url, verify=False, **{"timeout": PATIENCE} | options)


class Socket:
    """One WebSocket to a game. `heard` is every frame so far, in order."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self.heard: list[Json] = []

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def hear(self, type: str, **fields: Any) -> Json:
        """The next frame of `type` with these `fields`; what comes before it is kept in `heard`."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = json.loads(await self.connection.recv())
                self.heard.append(frame)
                if frame["type"] == type and fields.items() <= frame.items():
                    return dict(frame)

    async def hear_version(self, version: int) -> None:
        """Go on hearing until the event of `version` has come."""
        while self.version < version:
            await self.hear("events")

    async def hear_close(self) -> int:
        """The code the server closes with."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    self.heard.append(json.loads(await self.connection.recv()))
        code = self.connection.close_code
        assert code is not None
        return code

    async def authenticate(self, token: str) -> str:
        await self.send(type="authenticate", token=token)
        seat = (await self.hear("seated"))["seat"]
        assert isinstance(seat, str)
        return seat

    async def ask(self, type: str, id: uuid.UUID | str | None = None, **fields: Any) -> Json:
        """Send a command and return its answer: `accepted` or `rejected`."""
        id = str(id or uuid.uuid4())
        await self.send(type=type, id=id, **fields)
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = json.loads(await self.connection.recv())
                self.heard.append(frame)
                if frame["type"] in ("accepted", "rejected") and frame["id"] == id:
                    return dict(frame)

    async def move(self, column: int, **fields: Any) -> Json:
        return await self.ask("move", column=column, **fields)

    @property
    def events(self) -> list[Json]:
        """Every event heard so far."""
        return [event for frame in self.heard if frame["type"] == "events" for event in frame["events"]]

    @property
    def version(self) -> int:
        return int(self.events[-1]["version"]) if self.events else 0


class Api:
    """The server over HTTP and WebSocket, at `url`."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url, self.http = url, client

    async def create(self, seat: str = "yellow", name: str = "Ada", **more: Any) -> Json:
        return await self._take_seat("/api/games", {"seat": seat, "name": name, **more})

    async def join(self, game: str, name: str = "Grace") -> Json:
        return await self._take_seat(f"/api/games/{game}/players", {"name": name})

    async def _take_seat(self, path: str, body: Json) -> Json:
        """The answer to a request for a seat, which is sent again where the database was too slow for it.

        It is the same request by its id and token, so a seat that was taken by the first is not taken twice.
        """
        if "id" not in body:
            body = {"id": str(uuid.uuid4()), "token": new_token(), **body}
        async with asyncio.timeout(PATIENCE):
            while (answer := await self.http.post(path, json=body)).status_code == 503:
                await asyncio.sleep(PAUSE)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def start(self, **more: Any) -> tuple[str, str, str]:
        """A game that both have joined: its id, yellow's token, red's token. It is at version 4."""
        created = await self.create(**more)
        joined = await self.join(created["game"])
        return created["game"], created["token"], joined["token"]

    async def state(self, game: str, at: int | None = None) -> Json:
        answer = await self.http.get(f"/api/games/{game}", params={} if at is None else {"at": at})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def log(self, game: str, after: int = 0) -> list[Json]:
        answer = await self.http.get(f"/api/games/{game}/events", params={"after": after})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["events"])

    @contextlib.asynccontextmanager
    async def connect(
        self, game: str, after: int | str | None = None, **options: Any
    ) -> AsyncIterator[Socket]:
        """A socket to `game`, from its handshake on."""
        query = "" if after is None else f"?after={after}"
        url = f"{self.url.replace('http', 'ws', 1)}/ws/games/{game}{query}"
        async with websockets.connect(url, **UNHURRIED | options) as connection:
            yield Socket(connection)

    @contextlib.asynccontextmanager
    async def seated(self, game: str, token: str) -> AsyncIterator[Socket]:
        """A socket that has taken the seat of `token`."""
        async with self.connect(game) as socket:
            await socket.authenticate(token)
            yield socket
