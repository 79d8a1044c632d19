"""Endpoints for operators and load balancers: live, ready, and the figures for Prometheus."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.errors import StoreUnavailable
from server.metrics import CONTENT_TYPE
from server.services import Services

LIVE = PlainTextResponse("live\n")
"""The answer of a process that runs, which is always the same."""


async def _healthz(request: Request) -> Response:
    return LIVE


async def _readyz(request: Request) -> Response:
    """Ready while Postgres answers and the server is not draining. Redis is named, but not needed."""
    services: Services = request.state.services
    try:
        await services.store.ping()
        postgres = "up"
    except StoreUnavailable:
        postgres = "away"
    ready = postgres == "up" and not services.drain.begun
    redis = "up" if services.listener.connected else "away"
    return JSONResponse(
        {"ready": ready, "postgres": postgres, "redis": redis},
        HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def _metrics(request: Request) -> Response:
    services: Services = request.state.services
    return Response(services.metrics.text(), media_type=CONTENT_TYPE)


ROUTES = [
    Route("/healthz", _healthz),
    Route("/readyz", _readyz),
    Route("/metrics", _metrics),
]
