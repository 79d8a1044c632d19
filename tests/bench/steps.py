"""Function calls of the server for each step of a game's life, and for its pages, one after the other."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench.calls import PROFILED, Calls, taken
from tests.bench.stage import Program, Stage
from tests.support.player import Api, Socket, client

TIMES = 50
"""Number of games that take each step."""
BROWSER = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-encoding": "gzip, deflate, br",
    "accept-language": "en-GB,en;q=0.9",
}
"""Headers with which a browser asks for a page."""

Steps = dict[str, Calls]
"""The calls of each step, by its name."""


async def steps_of_life(stage: Stage) -> Steps:
    """The calls of TIMES repetitions of each step. What happens only once has happened before."""
    file = stage.folder / "calls"
    async with stage.fresh_server(PROFILED, CALLS=str(file)) as server, client(server.url) as http:
        api = Api(server.url, http)
        await _Life(server, api, file).steps()
        return await _Life(server, api, file).steps()


class _Life:
    """TIMES games that are created, joined, visited and left together, step by step."""

    def __init__(self, server: Program, api: Api, file: Path) -> None:
        self._server, self._api, self._file = server, api, file
        self._found: Steps = {}

    async def steps(self) -> Steps:
        api = self._api
        async with self._counted("create"):
            created = [await api.create() for _ in range(TIMES)]
        games = [each["game"] for each in created]
        async with self._counted("join"):
            joined = [await api.join(game) for game in games]
        async with AsyncExitStack() as players:
            async with self._counted("both sockets seated"):
                for game, *both in zip(games, created, joined, strict=True):
                    for one in both:
                        await self._seat(await players.enter_async_context(api.connect(game)), one["token"])
            async with AsyncExitStack() as spectators:
                async with self._counted("a spectator's arrival"):
                    for game in games:
                        socket = await spectators.enter_async_context(api.connect(game))
                        await socket.hear_version(4)
                async with self._counted("a spectator's leaving"):
                    await spectators.aclose()
            async with self._counted("both sockets closed"):
                await players.aclose()
        await self._requests(games)
        return self._found

    async def _requests(self, games: list[str]) -> None:
        page = f"/games/{games[0]}"
        for name, path in (("state", f"/api{page}"), ("healthz", "/healthz")):
            await self._repeat(name, lambda path=path: self._get(path))  # type: ignore[misc]
        for name, path in (
            ("page of the start", "/"),
            ("page of a game", page),
            ("picture of the site", "/static/icons/preview.png"),
        ):
            tag = await self._get(path)
            await self._repeat(name, lambda path=path: self._get(path))  # type: ignore[misc]
            await self._repeat(f"{name}, again", lambda path=path, tag=tag: self._get(path, tag))  # type: ignore[misc]

    async def _repeat(self, name: str, what: Callable[[], Awaitable[object]]) -> None:
        async with self._counted(name):
            for _ in range(TIMES):
                await what()

    async def _get(self, path: str, tag: str | None = None) -> str:
        """Ask for what is there unless it has this entity tag; returns its own."""
        headers = BROWSER | ({"if-none-match": tag} if tag else {})
        answer = await self._api.http.get(path, headers=headers)
        if answer.status_code != (304 if tag else 200):
            raise RuntimeError(f"{path} was answered with {answer.status_code}")
        return str(answer.headers.get("etag", ""))

    async def _seat(self, socket: Socket, token: str) -> None:
        await socket.authenticate(token)
        await socket.hear_version(4)

    @contextlib.asynccontextmanager
    async def _counted(self, name: str) -> AsyncIterator[None]:
        """Count the calls in the context, and until the server rests, as those of the step `name`."""
        await self._server.settle()
        os.kill(self._server.pid, signal.SIGUSR1)
        yield
        await self._server.settle()
        os.kill(self._server.pid, signal.SIGUSR1)
        self._found[name] = await taken(self._file)
