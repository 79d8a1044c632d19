"""Pages below a path of a site that has others, as `/connect4`, where a proxy has them."""

from collections.abc import Sequence

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """ASGI middleware that serves `routes` below `root_path`, which a proxy may strip from the path or not.

    A path that begins with `root_path` has it in front of a route, unless no route fits: with `/games` as the
    root path, `/games/ID` is the page of a game behind a proxy that strips.
    """

    def __init__(self, app: ASGIApp, root_path: str, routes: Sequence[BaseRoute]) -> None:
        self._app, self._root_path, self._routes = app, root_path, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._root_path:
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == self._root_path:
            # Pages name their parts relative to themselves, which takes the slash.
            await RedirectResponse(f"{self._root_path}/")(scope, receive, send)
        else:
            scope["root_path"] = self._root_path
            if not self._is_whole(scope):
                scope["path"] = self._root_path + scope["path"]
            await self._app(scope, receive, send)

    def _is_whole(self, scope: Scope) -> bool:
        return bool(scope["path"].startswith(f"{self._root_path}/")) and any(
            route.matches(scope)[0] is not Match.NONE for route in self._routes
        )
