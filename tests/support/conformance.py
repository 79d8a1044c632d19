"""Validation of whole requests, answers and frames against the documents."""

import json
import re
from http import HTTPStatus
from typing import Any

import httpx

from tests.support.documents import ASYNCAPI, OPENAPI, Steps, local

# Over HTTP ------------------------------------------------------------------------------------------------


def described(request: httpx.Request) -> Steps | None:
    """The place where OPENAPI describes `request`; None where it has no such path, or not with this
    method."""
    template, method = _template(request), request.method.lower()
    if template is None or method not in OPENAPI.content["paths"][template]:
        return None
    return "paths", template, method


def response(answer: httpx.Response) -> Steps:
    """The place where OPENAPI describes `answer`, if it does."""
    if operation := described(answer.request):
        return *operation, "responses", str(answer.status_code)
    return "components", "responses", "NoSuchMethod" if _template(answer.request) else "NoSuchPath"


def request_faults(request: httpx.Request, operation: Steps) -> list[str]:
    """The faults that OPENAPI finds in the query and the body of `request`."""
    faults = []
    for number, parameter in enumerate(OPENAPI.at(*operation).get("parameters", ())):
        if (text := request.url.params.get(parameter["name"])) is not None:
            value = int(text) if re.fullmatch(r"-?[0-9]+", text) else text
            faults += OPENAPI.faults(value, *operation, "parameters", str(number), "schema")
    if request.content:
        try:
            body = json.loads(request.content)
        except ValueError:
            return [*faults, "The body is no JSON."]
        faults += OPENAPI.faults(body, *operation, "requestBody", "content", "application/json", "schema")
    return faults


def answer_faults(answer: httpx.Response) -> list[str]:
    """The faults that OPENAPI finds in the status, the headers and the body of `answer`."""
    place, media = response(answer), media_type(answer)
    if answer.status_code == HTTPStatus.NO_CONTENT:
        return [] if "content" not in OPENAPI.at(*place) and not answer.content else ["There is content."]
    try:
        content = OPENAPI.at(*place)["content"][media]
    except KeyError:
        return [f"{answer.status_code} with {media} is not described."]
    assert content["schema"], "an empty schema has nothing against anything"
    schema = (*place, "content", media, "schema")
    faults = [fault for value in values(answer) for fault in OPENAPI.faults(value, *schema)]
    for name, header in OPENAPI.at(*place).get("headers", {}).items():
        at = local(header["$ref"]) if "$ref" in header else (*place, "headers", name)
        faults += OPENAPI.faults(answer.headers.get(name), *at, "schema")
    return faults


def media_type(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0]


def values(answer: httpx.Response) -> list[Any]:
    """The content of the body: one JSON value, one for each line, or the text."""
    match media_type(answer).rpartition("/")[2].rpartition("+")[2]:
        case "json":
            return [answer.json()]
        case "x-ndjson":
            return [json.loads(line) for line in answer.text.splitlines()]
        case _:
            return [answer.text]


def codes() -> set[str]:
    """Every `code` of a problem in OPENAPI."""
    answers = OPENAPI.content["components"]["responses"].values()
    schemas = [answer["content"]["application/problem+json"]["schema"]["allOf"] for answer in answers]
    return {code for _, problem in schemas for code in problem["properties"]["code"]["enum"]}


def _template(request: httpx.Request) -> str | None:
    for template in OPENAPI.content["paths"]:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), request.url.path):
            return str(template)
    return None


# Over a WebSocket -----------------------------------------------------------------------------------------


def message_types(action: str, channel: str = "game") -> set[str]:
    """The types of message that ASYNCAPI has the server `receive` or `send` on `channel`, of itself or in
    reply."""
    operations = [
        operation
        for operation in ASYNCAPI.content["operations"].values()
        if operation["channel"] == {"$ref": f"#/channels/{channel}"}
    ]
    of_itself = [operation for operation in operations if operation["action"] == action]
    replies = [operation["reply"] for operation in operations if "reply" in operation]
    speaking = of_itself + (replies if action == "send" else [])
    return {local(message["$ref"])[-1] for operation in speaking for message in operation["messages"]}


def frame_faults(frame: object, action: str) -> list[str]:
    """The faults that ASYNCAPI finds in `frame`, which the server is to `receive` or `send`."""
    if not isinstance(frame, dict) or frame.get("type") not in message_types(action):
        return ["The frame is no message."]
    return ASYNCAPI.faults(frame, "components", "messages", frame["type"], "payload")


def lobby_faults(frame: Any) -> list[str]:
    """The faults that ASYNCAPI finds in `frame`, which the lobby sent."""
    type = frame["type"]
    name = "lobby_welcome" if type == "welcome" else type
    if name not in message_types("send", "lobby"):
        return ["The frame is no message."]
    return ASYNCAPI.faults(frame, "components", "messages", name, "payload")


def sent_faults(sent: str | bytes) -> list[str]:
    """The faults that ASYNCAPI finds in a frame that was sent to the server."""
    try:
        frame = json.loads(sent) if isinstance(sent, str) else None
    except ValueError:
        frame = None
    return frame_faults(frame, "receive")
