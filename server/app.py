"""The ASGI application: ties paths to endpoints, and the services to a real Postgres and Redis."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute

from server import services
from server.delivery import bell
from server.metrics import POSTGRES_UP, Metrics
from server.outage import Outage, checked
from server.processes.thinking import MOST, Thinkers
from server.projections.command import read_models
from server.serving import memory
from server.serving.drain import Drain
from server.serving.homes import Homes
from server.serving.shared_limits import limits_of
from server.settings import Settings
from server.sockets.handshake import OpenLobby, OpenSocket
from server.store import codec, postgres
from server.store.credentials import Credentials
from server.store.database import Database
from server.store.database_clock import time_of
from server.store.heartbeat import beat_of
from server.store.names import SealedNames
from server.store.players import Players
from server.store.postgres_read_models import CONNECTIONS
from server.store.waiting import PostgresWaitingGames
from server.web import (
    api,
    assets,
    documents,
    forks,
    invitation,
    log,
    lost,
    matches,
    operations,
    picture,
    players,
    security,
)
from server.web.root_path import RootPath


def create_app(settings: Settings, database_url: str, redis_url: str, drain: Drain) -> Starlette:
    """The ASGI application, whose database has been migrated."""
    routes = [  # each is tried in turn: the first are those of a game's life
        WebSocketRoute("/ws/games/{game}", OpenSocket()),
        *api.ROUTES,
        *documents.ROUTES,
        *assets.ROUTES,
        invitation.ROUTE,
        picture.ROUTE,
        *forks.ROUTES,
        *players.ROUTES,
        *log.ROUTES,
        *matches.ROUTES,
        WebSocketRoute("/ws/lobby", OpenLobby()),
        security.ROUTE,
        *operations.ROUTES,
    ]
    app = Starlette(
        routes=routes,
        lifespan=partial(_lifespan, settings, database_url, redis_url, drain),
        middleware=[
            Middleware(security.SecurityHeaders),
            *(
                [Middleware(RootPath, root_path=settings.root_path, routes=routes)]
                if settings.root_path
                else []
            ),
        ],
        exception_handlers=lost.EXCEPTION_HANDLERS,
    )
    app.router.redirect_slashes = False  # a path is what it says
    return app


@contextlib.asynccontextmanager
async def _lifespan(
    settings: Settings, database_url: str, redis_url: str, drain: Drain, app: Starlette
) -> AsyncIterator[dict[str, Any]]:
    metrics = Metrics(settings.metrics_file)
    outage = Outage("Postgres", metrics, POSTGRES_UP)
    async with (
        limits_of(settings) as limits,
        Database.at(
            database_url,
            size=settings.database_connections - CONNECTIONS,
            on_statement=metrics.count_statement,
            on_failure=outage.failed,
        ) as database,
        postgres.event_store(database, codec.upcast, metrics.count_appends) as store,
        checked(store.ping, outage),
        read_models(database_url) as models,
        memory.given_back(metrics),
        bell.connect(redis_url) as redis,
    ):
        names = SealedNames(database)
        async with services.running(
            store=store,
            database_time=time_of(models.database),
            beat=beat_of(models.database),
            read_models=models,
            lists=models,
            credentials=Credentials(database, store.append_seat, names.remember),
            players=Players(database),
            names=names,
            waiting=PostgresWaitingGames(database, store),
            bell=redis,
            metrics=metrics,
            drain=drain,
            server_name=settings.server_name,
            process_name=uuid4().hex,
            thinking_type=partial(Thinkers, most=max(1, MOST // settings.homes)),
        ) as running:
            database.on_promoted = running.begin_anew
            homes = Homes(settings.home_socket, settings.homes, settings.root_path)
            yield {"services": running, "settings": settings, "limits": limits, "homes": homes}
