"""Rates of requests by address."""

from starlette.requests import Request

from server.errors import TooOften
from server.metrics import LIMIT_HITS
from server.services import Services
from server.serving.limits import Limits, Rate


async def spend(request: Request, rate: Rate) -> None:
    """Count a request for the address that it comes from. Raises TooOften."""
    limits: Limits = request.scope["state"]["limits"]
    client = request.scope["client"]
    try:
        await limits.spend(rate, client[0] if client else None)
    except TooOften:
        services: Services = request.state.services
        services.metrics.counts[LIMIT_HITS[f"{rate.value}_per_minute"]] += 1
        raise
