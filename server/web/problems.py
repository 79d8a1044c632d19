"""Answers over HTTP: JSON, and RFC 9457 problem details for whatever went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from server.errors import Problem, StoreUnavailable, TooOften
from server.game.rejected import Code, Rejected
from server.metrics import TOLD_UNAVAILABLE
from server.services import Services

NO_STORE = {"cache-control": "no-store"}
_NO_STORE = (b"cache-control", b"no-store")
NO_SUCH_PLAYER = "no_such_player"
"""The code of the problem that there is no such player."""
RETRY_AFTER = 10.0
"""When to try again after a 429 that does not say it itself, in seconds."""

_encode = msgspec.json.Encoder().encode
_STATUS = {
    Code.SEAT_TAKEN: HTTPStatus.CONFLICT,
    Code.NO_SUCH_GAME: HTTPStatus.NOT_FOUND,
    Code.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


def json_response(
    content: object,
    status: HTTPStatus = HTTPStatus.OK,
    media_type: str = "application/json",
    location: str | None = None,
) -> Response:
    """`content` as JSON, which nobody may keep: a game goes on."""
    response = Response(_encode(content), status)
    response.raw_headers += (_NO_STORE, (b"content-type", media_type.encode()))
    if location:
        response.raw_headers.append((b"location", location.encode("latin-1")))
    return response


def problem_response(problem: Problem, retry_after: float = RETRY_AFTER) -> Response:
    """`problem` as RFC 9457 problem details; a 429 with `retry_after`, in seconds from now."""
    body = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        "code": problem.code,
    }
    response = json_response(body, problem.status, "application/problem+json")
    if problem.status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["retry-after"] = str(max(1, ceil(retry_after)))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        response.headers["www-authenticate"] = "Bearer"
    return response


def bad_request(detail: str) -> Problem:
    """The problem of a request that means nothing. `detail` is a sentence."""
    return Problem(HTTPStatus.BAD_REQUEST, Code.BAD_MESSAGE, detail)


def no_such_player() -> Problem:
    """The problem of a player who is not there, never was, or was forgotten: nobody learns which."""
    return Problem(HTTPStatus.NOT_FOUND, NO_SUCH_PLAYER, "There is no such player.")


async def on_exception(request: Request, exception: Exception) -> Response:
    """The answer where an endpoint raised, by the three families: a caller's mistake, the database, a bug."""
    match exception:
        case Problem():
            return problem_response(exception)
        case Rejected(code=code, detail=detail):
            return problem_response(Problem(_STATUS.get(code, HTTPStatus.CONFLICT), code, detail))
        case TooOften():
            return problem_response(
                Problem(HTTPStatus.TOO_MANY_REQUESTS, Code.RATE_LIMITED, str(exception)),
                exception.retry_after,
            )
        case HTTPException(status_code=status, headers=headers):
            phrase = HTTPStatus(status).phrase
            response = problem_response(
                Problem(HTTPStatus(status), phrase.lower().replace(" ", "_"), f"{phrase}.")
            )
            response.headers.update(headers or {})
            return response
        case ClientDisconnect():  # in the middle of its body; nobody reads the answer
            return problem_response(
                Problem(HTTPStatus.BAD_REQUEST, Code.BAD_MESSAGE, "The body did not come.")
            )
        case StoreUnavailable():
            services: Services = request.state.services
            services.metrics.counts[TOLD_UNAVAILABLE["request"]] += 1
            detail = "The game cannot be reached right now. Try again."
            return problem_response(Problem(HTTPStatus.SERVICE_UNAVAILABLE, Code.UNAVAILABLE, detail))
        case _:  # logged with its traceback by the server
            detail = "Something is broken on this server."
            return problem_response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail))


EXCEPTION_HANDLERS: Mapping[Any, ExceptionHandler] = dict.fromkeys(
    (Problem, Rejected, TooOften, HTTPException, ClientDisconnect, StoreUnavailable, Exception), on_exception
)
