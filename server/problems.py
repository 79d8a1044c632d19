"""Answers over HTTP: JSON, and RFC 9457 problem details for whatever went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from server.event_store import StoreUnavailable
from server.game.rejected import Code, Rejected

NO_STORE = {"cache-control": "no-store"}
NO_SUCH_GAME = Rejected(Code.NO_SUCH_GAME, "There is no such game.")

_STATUS = {
    Code.SEAT_TAKEN: HTTPStatus.CONFLICT,
    Code.NO_SUCH_GAME: HTTPStatus.NOT_FOUND,
    Code.NOT_SUPPORTED: HTTPStatus.UNPROCESSABLE_ENTITY,
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
    headers = NO_STORE | ({"location": location} if location else {})
    return Response(msgspec.json.encode(content), status, headers, media_type)


class Problem(Exception):
    """An RFC 9457 problem: what went wrong, for a program (`code`) and for a person (`detail`)."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        self.status, self.code, self.detail = status, code, detail

    def response(self) -> Response:
        body = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
        }
        return json_response(body, self.status, "application/problem+json")


async def on_exception(request: Request, exception: Exception) -> Response:
    """The answer where an endpoint raised, by the three families: a caller's mistake, the database, a bug."""
    match exception:
        case Problem():
            return exception.response()
        case Rejected(code=code, detail=detail):
            return Problem(_STATUS.get(code, HTTPStatus.CONFLICT), code, detail).response()
        case HTTPException(status_code=status, headers=headers):
            phrase = HTTPStatus(status).phrase
            response = Problem(HTTPStatus(status), phrase.lower().replace(" ", "_"), f"{phrase}.").response()
            response.headers.update(headers or {})
            return response
        case ClientDisconnect():  # in the middle of its body; nobody reads the answer
            return Problem(HTTPStatus.BAD_REQUEST, Code.BAD_MESSAGE, "The body did not come.").response()
        case StoreUnavailable():
            detail = "The game cannot be reached right now. Try again."
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, Code.UNAVAILABLE, detail).response()
        case _:  # logged with its traceback by the server
            detail = "Something is broken on this server."
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail).response()


EXCEPTION_HANDLERS: Mapping[Any, ExceptionHandler] = dict.fromkeys(
    (Problem, Rejected, HTTPException, ClientDisconnect, StoreUnavailable, Exception), on_exception
)
