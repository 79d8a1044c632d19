"""The composition root: builds every object, and ties paths to endpoints."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from server import api, assets, bell, codec, invitation, postgres, pubsub
from server.credentials import Credentials
from server.database import Database
from server.drain import Drain
from server.event_store import StoreUnavailable
from server.handler import Handler
from server.handshake import OpenSocket
from server.hub import Hub
from server.limits import Limits
from server.messages import Commit
from server.metrics import CONTENT_TYPE, Metrics
from server.presence import Presence
from server.problems import EXCEPTION_HANDLERS
from server.security import SecurityHeaders
from server.session import Services
from server.settings import Settings
from server.sweep import Sweep
from server.turn import Turn

logger = logging.getLogger(__name__)


def create_app(settings: Settings, database_url: str, redis_url: str, drain: Drain) -> Starlette:
    """The ASGI application, whose database has been migrated."""
    app = Starlette(
        routes=[
            *assets.ROUTES,
            invitation.ROUTE,
            *api.ROUTES,
            WebSocketRoute("/ws/games/{game}", OpenSocket()),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/metrics", _metrics),
        ],
        lifespan=partial(_lifespan, settings, database_url, redis_url, drain),
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    app.router.redirect_slashes = False  # a path is what it says
    return app


@contextlib.asynccontextmanager
async def _lifespan(
    settings: Settings, database_url: str, redis_url: str, drain: Drain, app: Starlette
) -> AsyncIterator[dict[str, Any]]:
    metrics, name = Metrics(settings.prometheus_multiproc_dir), uuid4().hex
    async with (
        Database.at(database_url, on_statement=metrics.statements.inc) as database,
        postgres.event_store(database, codec.upcast) as store,
        bell.connect(redis_url) as redis,
        asyncio.TaskGroup() as background,
    ):
        async with asyncio.TaskGroup() as tasks:  # waited for at the end: what was begun is finished
            hub = Hub(store, tasks)
            publisher = pubsub.Publisher(redis, name.encode(), metrics)
            presence = Presence(hub, publisher.presence, name)
            sweep = Sweep(store, hub, metrics)

            def publish(commit: Commit) -> None:
                hub.deliver(commit)
                publisher.commit(commit)

            handler = Handler(store, publish, settings.server_name, metrics)

            def heard(commit: Commit) -> None:
                handler.heard(commit)
                hub.deliver(commit)

            listener = pubsub.Listener(redis, name.encode(), hub, heard, presence.heard, metrics)
            running = [
                background.create_task(_forever(name, run))
                for name, run in [
                    ("publish", publisher.run),
                    ("listen", listener.run),
                    ("presence", presence.run),
                    ("sweep", sweep.run),
                ]
            ]
            services = Services(
                store=store,
                handler=handler,
                credentials=Credentials(database),
                hub=hub,
                presence=presence,
                metrics=metrics,
                tasks=tasks,
                drain=drain,
                turn=Turn(),
            )
            yield {
                "services": services,
                "settings": settings,
                "limits": Limits(settings),
                "listener": listener,
            }
        for task in running:
            task.cancel()


async def _forever(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a background task; a bug in it is logged and does not take the server down."""
    while True:
        try:
            await run()
        except Exception:
            logger.exception("a background task broke", extra={"task": name})
            await asyncio.sleep(1)


# What an operator asks ------------------------------------------------------------------------------------


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("live\n")


async def _readyz(request: Request) -> Response:
    """Ready while Postgres answers and the server does not end. Redis is named: nothing needs it."""
    services: Services = request.state.services
    try:
        await services.store.ping()
        postgres = "up"
    except StoreUnavailable:
        postgres = "away"
    ready = postgres == "up" and not services.drain.begun
    redis = "up" if request.state.listener.connected else "away"
    return JSONResponse(
        {"ready": ready, "postgres": postgres, "redis": redis},
        HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def _metrics(request: Request) -> Response:
    return Response(request.state.services.metrics.text(), media_type=CONTENT_TYPE)
