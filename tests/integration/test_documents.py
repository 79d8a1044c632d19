"""docs/openapi.yaml and docs/asyncapi.yaml agree with the code, and with everything that it says."""

import inspect
import json
from dataclasses import fields
from types import SimpleNamespace
from typing import Any, get_args

import httpx
import openapi_spec_validator
import pytest
from starlette.requests import Request
from starlette.routing import Mount, Route, WebSocketRoute

from server.app import create_app
from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.events import Abort, Ending, Event, Result, Thinking
from server.game.rejected import Code
from server.game.state import Status
from server.metrics import Metrics
from server.serving import http as http_connection
from server.serving import server as serving
from server.serving import websocket as connections
from server.serving.drain import Drain
from server.settings import Settings
from server.sockets import participant, session
from server.web import lists, names, requests
from server.web.problems import on_exception
from server.wire import close, from_client, to_client
from server.wire.frame import Frame
from tests.support import conformance, tour
from tests.support.cluster import Cluster
from tests.support.conformance import answer_faults, frame_faults, message_types
from tests.support.documents import (
    ASYNCAPI,
    LATER,
    OPENAPI,
    OPTIONAL,
    Document,
    Steps,
    examples,
    local,
    refs,
    spoiled,
)
from tests.support.player import Api, Json
from tests.support.serving import in_process
from tests.support.watched import Record, watched

APP = create_app(Settings(), "", "", Drain())
PAGES = {
    "/",
    "/games/{game}",
    "/games/{game}/qr.svg",
    "/games/{game}/board.png",
    "/log",
    "/me",
    "/players/{player}",
    "/standings",
    "/static",
    "/favicon.ico",
    "/apple-touch-icon.png",
}
"""Pages for people, which are no part of the interface."""
HTTP_ALONE = {
    Code.SEAT_TAKEN,
    Code.NO_SUCH_GAME,
    Code.ID_TAKEN,
    Code.STILL_PLAYING,
    Code.ALREADY_SEATED,
}
"""Codes that no socket is sent: it opens and joins nothing, and with no game it is closed."""
NEVER_SENT = {Code.GAME_EXISTS}
"""The server makes the ids of games itself."""
STORED_ALONE = {"sealed"}
"""What is stored and shown to nobody."""
OF_THE_TRANSPORT = {1001, 1002, 1007, 1009, 1012}
"""Close codes that uvicorn or websockets give."""
BOTH = pytest.mark.parametrize("document", [OPENAPI, ASYNCAPI], ids=["openapi", "asyncapi"])
CHANNEL = ASYNCAPI.content["channels"]["game"]
MESSAGES: Json = ASYNCAPI.content["components"]["messages"]


# The documents alone --------------------------------------------------------------------------------------


def test_the_http_document_is_openapi() -> None:
    openapi_spec_validator.validate(OPENAPI.content)
    assert OPENAPI.content["openapi"].startswith("3.1.")


def test_the_socket_document_is_asyncapi_3() -> None:
    assert ASYNCAPI.content["asyncapi"] == "3.0.0"
    assert ASYNCAPI.content["info"].keys() >= {"title", "version", "license"}
    assert list(ASYNCAPI.content["channels"]) == ["game", "lobby"]
    for name, channel in ASYNCAPI.content["channels"].items():
        types = message_types("send", name) | message_types("receive", name)
        assert channel["messages"] == {type: {"$ref": f"#/components/messages/{type}"} for type in types}
    for operation in ASYNCAPI.content["operations"].values():
        assert operation["action"] in ("send", "receive")
        place = local(operation["channel"]["$ref"])
        for side in (operation, *([operation["reply"]] if "reply" in operation else [])):
            assert local(side["channel"]["$ref"]) == place
            assert {local(ref)[:3] for ref in refs(side["messages"])} == {(*place, "messages")}
    for name, message in MESSAGES.items():
        assert message["name"] == message["payload"]["properties"]["type"]["const"]
        assert name in (message["name"], f"lobby_{message['name']}")
        ASYNCAPI.check_schema("components", "messages", name, "payload")
    for name in ASYNCAPI.content["components"]["schemas"]:
        ASYNCAPI.check_schema("components", "schemas", name)


@BOTH
def test_every_reference_leads_somewhere_in_its_own_document(document: Document) -> None:
    for ref in refs(document.content):
        document.find(*local(ref))


def test_what_both_documents_describe_they_describe_alike() -> None:
    here, there = (document.content["components"]["schemas"] for document in (OPENAPI, ASYNCAPI))
    shared = here.keys() & there.keys()
    assert shared >= {"Event", *(event.__name__ for event in get_args(Event))}
    assert {name: here[name] for name in shared} == {name: there[name] for name in shared}


@pytest.mark.parametrize(
    ("document", "value", "schema"), [pytest.param(*it, id="/".join(it[2])) for it in examples()]
)
def test_every_example_is_what_it_is_an_example_of(document: Document, value: object, schema: Steps) -> None:
    assert document.faults(value, *schema) == []


# The documents and the code -------------------------------------------------------------------------------


def test_every_path_of_the_server_is_in_a_document_and_the_reverse() -> None:
    routes = [route for route in APP.routes if isinstance(route, Route) and route.path not in PAGES]
    paths = OPENAPI.content["paths"].items()
    assert {(route.path, method.lower()) for route in routes for method in route.methods or ()} == {
        (path, described)
        for path, item in paths
        for method in item.keys() - {"parameters"}
        for described in ((method, "head") if method == "get" else (method,))
    }
    sockets = {route.path for route in APP.routes if isinstance(route, WebSocketRoute)}
    assert sockets == {channel["address"] for channel in ASYNCAPI.content["channels"].values()}
    others = [route for route in APP.routes if not isinstance(route, Route | WebSocketRoute)]
    assert {route.path for route in others if isinstance(route, Mount)} <= PAGES
    assert all(isinstance(route, Mount) for route in others)


def test_the_messages_of_the_document_are_those_of_the_code() -> None:
    client = {struct.__struct_config__.tag for struct in get_args(from_client.ClientMessage)}
    server = {
        name
        for name, function in inspect.getmembers(to_client, inspect.isfunction)
        if function.__module__ == to_client.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation is Frame
    }
    assert message_types("receive") == client
    sent = message_types("send") | message_types("send", "lobby")
    assert sent == server | {"events"}
    assert client | sent == MESSAGES.keys()


def test_every_code_is_in_the_document_of_where_it_is_sent() -> None:
    rejected = MESSAGES["rejected"]["payload"]["properties"]["code"]
    assert set(rejected["enum"]) == set(Code) - HTTP_ALONE - NEVER_SENT
    assert set(Code) & conformance.codes() >= HTTP_ALONE
    assert not conformance.codes() & NEVER_SENT


def test_every_event_has_the_data_of_its_class() -> None:
    events = {event.__name__: event for event in get_args(Event)}
    assert {local(ref)[-1] for ref in refs(ASYNCAPI.at("components", "schemas", "Event"))} == events.keys()
    for name, event in events.items():
        data = ASYNCAPI.at("components", "schemas", name, "properties", "data")
        shape = data.get("oneOf", [data])[-1]
        optional = {"downtime_ms", *OPTIONAL} | ({LATER[1]} if LATER[0] in shape["properties"] else set())
        names = {field.name for field in fields(event)} - STORED_ALONE
        if "thinking" in names:  # its parts stand beside the column
            names = names - {"thinking"} | {field.name for field in fields(Thinking)}
        assert names == shape["properties"].keys() == set(shape["required"]) | (names & optional)


@pytest.mark.parametrize(
    ("names", "schema"),
    [(Seat, "Seat"), (Result, "Result"), (Ending, "Ending"), (Abort, "Abort"), (Status, "Status")],
)
def test_every_enumeration_has_the_names_of_its_class(names: type[Seat], schema: str) -> None:
    assert OPENAPI.at("components", "schemas", schema)["enum"] == list(names)


def test_the_protocol_and_its_limits_are_those_of_the_code() -> None:
    assert ASYNCAPI.content["info"]["version"] == str(to_client.PROTOCOL)
    assert MESSAGES["welcome"]["payload"]["properties"]["protocol"]["const"] == to_client.PROTOCOL
    assert OPENAPI.content["x-limits"] == {
        "body_bytes": requests.MAX_BODY,
        "request_bytes": http_connection.REQUEST_SIZE,
        "request_headers": http_connection.MAX_HEADERS,
        "request_seconds": http_connection.REQUEST_TIMEOUT,
        "name_characters": names.MAX_NAME,
        "games_per_minute": Settings().games_per_minute,
        "computer_games_per_address": Settings().computer_games_per_address,
        "handovers_per_minute": Settings().handovers_per_minute,
        "lists_per_minute": Settings().lists_per_minute,
        "players_per_minute": Settings().players_per_minute,
        "secrets_per_minute": Settings().secrets_per_minute,
        "games_listed": lists.MOST,
    }
    assert OPENAPI.at("components", "schemas", "Name")["maxLength"] == names.MAX_NAME
    assert CHANNEL["x-limits"] == {
        "frame_bytes": serving.MAX_FRAME,
        "messages_per_second": Settings().message_rate,
        "messages_at_once": 2 * Settings().message_rate,
        "messages_over_rate": session.OVER_RATE,
        "bad_messages": session.BAD_MESSAGES,
        "waiting_commands": session.WORK_SIZE,
        "remembered_refusals": participant.REMEMBERED,
        "control_frames_per_second": connections.CONTROL_RATE,
        "control_frames_at_once": connections.CONTROL_BURST,
        "pieces_of_a_message": connections.MAX_PIECES,
        "handshakes_per_minute": Settings().handshakes_per_minute,
        "ping_seconds": serving.PING_INTERVAL,
        "pong_seconds": serving.PING_TIMEOUT,
    }


def test_every_close_code_is_in_the_document() -> None:
    codes = OF_THE_TRANSPORT | {it.code for it in vars(close).values() if isinstance(it, close.Close)}
    assert set(CHANNEL["x-close-codes"]) == {str(code) for code in codes}


# The documents and all that is said -----------------------------------------------------------------------


STRICT: dict[str, Any] = {
    "message_rate": 1,
    "games_per_minute": 3,
    "computer_games_per_address": 1,
    "handovers_per_minute": 1,
    "lists_per_minute": 1,
    "players_per_minute": 1,
    "secrets_per_minute": 1,
    "handshakes_per_minute": 1,
    "limit_loopback": True,
}


@pytest.fixture(scope="module")
async def record(api: Api, cluster: Cluster) -> Record:
    """Everything that was said while everything was tried."""
    record = Record()
    async with watched(api.url, record) as player:
        await tour.over_http(player)
        await tour.as_players(player)
        await tour.over_sockets(player)
        await tour.to_other_ends(player)
        await tour.with_manners(player)
        await tour.to_closed_doors(player)
    async with (
        cluster.database() as name,
        in_process(cluster.url_of(name), cluster.redis_url, **STRICT) as strict,
        watched(strict.url, record) as player,
    ):
        await tour.too_fast(player)
    return record


def test_every_answer_is_as_its_document_says(record: Record) -> None:
    for answer in record.answers:
        assert answer_faults(answer) == [], (answer.request.method, answer.url, answer.text)


def test_every_answer_of_the_document_was_given(record: Record) -> None:
    """But for those that take a broken server, which the next two tests have."""
    given = {conformance.response(answer) for answer in record.answers}
    promised = {
        ("paths", path, method, "responses", status)
        for path, item in OPENAPI.content["paths"].items()
        for method in item
        if method != "parameters"
        for status in item[method]["responses"]
    }
    assert {place for place in promised - given if place[-1] not in ("500", "503")} == set()
    assert given - promised == {("components", "responses", name) for name in ("NoSuchPath", "NoSuchMethod")}
    problems = [answer.json() for answer in record.answers if answer.is_error]
    assert {problem["code"] for problem in problems} == conformance.codes() - {
        "unavailable",
        "internal_error",
    }


@pytest.mark.parametrize(
    ("exception", "name"),
    [(StoreUnavailable(), "Unavailable"), (RuntimeError("a bug"), "InternalError")],
)
async def test_a_failure_is_a_problem_of_the_document(exception: Exception, name: str) -> None:
    state = {"services": SimpleNamespace(metrics=Metrics())}
    answer = await on_exception(Request({"type": "http", "state": state}), exception)
    place = ("components", "responses", name, "content", "application/problem+json")
    assert answer.headers["content-type"] == place[-1]
    assert OPENAPI.faults(json.loads(bytes(answer.body)), *place, "schema") == []


@pytest.mark.parametrize("redis", [True, False])
async def test_a_server_without_its_database_says_so_as_the_document_has_it(redis: bool) -> None:
    async def ping() -> None:
        raise StoreUnavailable

    services = SimpleNamespace(store=SimpleNamespace(ping=ping), listener=SimpleNamespace(connected=redis))
    state = {"services": services}
    [readyz] = [route for route in APP.routes if isinstance(route, Route) and route.path == "/readyz"]
    answer = await readyz.endpoint(Request({"type": "http", "state": state}))
    place = ("paths", "/readyz", "get", "responses", str(answer.status_code), "content", "application/json")
    assert answer.status_code == 503
    assert OPENAPI.faults(json.loads(answer.body), *place, "schema") == []


def test_a_request_is_bad_where_the_document_says_so_and_nowhere_else(record: Record) -> None:
    for answer in record.answers:
        operation = conformance.described(answer.request)
        if operation and answer.status_code != 413:
            faults = conformance.request_faults(answer.request, operation)
            assert (answer.status_code == 400) == bool(faults), (answer.url, answer.request.content, faults)


def test_the_metrics_are_those_that_the_document_names(record: Record) -> None:
    [answer] = [answer for answer in record.answers if answer.url.path == "/metrics"]
    shown = {line.split()[2] for line in answer.text.splitlines() if line.startswith("# HELP ")}
    described = OPENAPI.at("paths", "/metrics", "get", "responses", "200")["x-metrics"]
    assert {name for name in shown if not name.endswith("_created")} == described.keys()


def test_every_frame_that_was_heard_is_as_its_document_says(record: Record) -> None:
    for frame in record.heard:
        assert frame_faults(frame, "send") == [], frame


def test_every_message_event_and_code_of_the_document_was_heard(record: Record) -> None:
    assert {frame["type"] for frame in record.heard} == message_types("send")
    heard = [event for frame in record.heard if frame["type"] == "events" for event in frame["events"]]
    assert {event["type"] for event in heard} == {event.__name__ for event in get_args(Event)}
    codes = {frame["code"] for frame in record.heard if frame["type"] == "rejected"}
    unavailable = json.loads(to_client.rejected(None, participant.UNAVAILABLE).text)
    assert frame_faults(unavailable, "send") == []
    assert codes | {unavailable["code"]} == set(MESSAGES["rejected"]["payload"]["properties"]["code"]["enum"])


def test_a_frame_is_taken_where_the_document_says_so_and_nowhere_else(record: Record) -> None:
    for frame in record.sent:
        assert taken(frame) == (conformance.sent_faults(frame) == []), frame
    sent = {json.loads(frame)["type"] for frame in record.sent if taken(frame)}
    assert sent == message_types("receive")


def taken(frame: str | bytes) -> bool:
    try:
        return isinstance(frame, str) and bool(from_client.decode(frame))
    except from_client.BadMessage:
        return False


def test_sockets_are_closed_and_refused_as_the_document_says(record: Record) -> None:
    by_the_client = {1000}
    assert record.closed - by_the_client == {1008, 1009, 4401, 4404, 4409}
    assert {str(code) for code in record.closed - by_the_client} <= CHANNEL["x-close-codes"].keys()
    assert {str(status) for status in record.refused} == CHANNEL["x-handshake-refusals"].keys()


def test_a_key_too_many_or_too_few_would_be_noticed(record: Record) -> None:
    """The tests above could not fail where the schemas took anything."""
    frames = {
        (frame["type"], *(event["type"] for event in frame.get("events", ()))): frame
        for frame in record.heard
        if not frame.keys() & {"lag", "away"}  # which may be left out
    }
    for frame in frames.values():
        for worse in spoiled(frame):
            assert frame_faults(worse, "send") != [], worse
    answers = {conformance.response(answer): answer for answer in record.answers}
    for answer in answers.values():
        # The record's `data` and `names` are whatever was stored, in any shape that there ever was.
        if conformance.media_type(answer).endswith("json") and not answer.url.path.endswith("/record"):
            for value in conformance.values(answer):
                for worse in spoiled(value):
                    bad = httpx.Response(
                        answer.status_code, headers=answer.headers, json=worse, request=answer.request
                    )
                    assert answer_faults(bad) != [], worse
