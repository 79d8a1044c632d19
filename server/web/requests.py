"""What a request brings: its body, and the player who asks."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.errors import Problem
from server.services import Services
from server.serving.limits import Rate
from server.store.credentials import is_token
from server.store.players import Account
from server.web.problems import bad_request
from server.web.rates import spend

MAX_BODY = 4096
"""The largest body that is read, in bytes."""

AUTHORIZATION = b"authorization"

T = TypeVar("T")


class Endpoint:
    """An endpoint as a bare ASGI application, for a route that is asked for often. What `answer` raises is
    answered by the application, as of any route: for a function, Starlette would look at it twice."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


async def read_body(request: Request, shape: type[T]) -> T:
    """The request's JSON body as `shape`; an empty one has every key left out. Raises Problem."""
    body, more = b"", True
    while more:  # nearly always once: Request.stream() takes longer for that than all else here
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A body has {MAX_BODY} bytes at most."
            )
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise bad_request(str(error)) from None


async def account_of(request: Request) -> Account | None:
    """The player who asks, by the secret in `Authorization: Bearer`; None without it.

    Raises Problem where it is nobody's; TooOften, before it is looked at; StoreUnavailable.
    """
    if AUTHORIZATION not in dict(request.scope["headers"]):
        return None
    services: Services = request.state.services
    await spend(request, Rate.SECRETS)
    if (secret := bearer_of(request)) and (account := await services.players.of_secret(secret)):
        return account
    raise bad_secret()


def bearer_of(request: Request) -> str | None:
    """The secret or token in `Authorization: Bearer`, or None."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip(" ")
    return secret if scheme.lower() == "bearer" and is_token(secret) else None


def bad_secret() -> Problem:
    """The problem of a request whose secret opens nothing."""
    return Problem(HTTPStatus.UNAUTHORIZED, "bad_secret", "This is no player's secret, or not any more.")


async def needed_account_of(request: Request) -> Account:
    """The player who asks. Raises as `account_of`; Problem, too, where no secret is given."""
    account = await account_of(request)
    if account is None:
        raise player_needed("This is for players")
    return account


def player_needed(why: str) -> Problem:
    """The problem of a request without a player's secret. `why` begins the sentence."""
    detail = f"{why}: give the secret, as `Authorization: Bearer`."
    return Problem(HTTPStatus.UNAUTHORIZED, "player_needed", detail)
