"""Whatever is sent ends in a documented answer or close code, and who plays meanwhile is not disturbed."""

import asyncio
import json
import logging
import uuid
from typing import Any

import pytest
import schemathesis
import websockets
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from server.sockets.session import BAD_MESSAGES
from tests.golden.rules import DRAWN
from tests.support.documents import OPENAPI
from tests.support.player import PATIENCE, Api
from tests.support.serving import Command

FRAMES = BAD_MESSAGES
"""Number of frames that a socket sends: as many bad messages as close none."""
EXAMPLES = 500 if settings.get_current_profile_name() == "long" else 25
"""Number of sockets: `--hypothesis-profile=long` sends 10,000 frames in all."""

TYPES = ["authenticate", "move", "resign", "ping", "offer_draw", "claim_timeout", "welcome", "events", ""]
ids = st.one_of(st.uuids().map(str), st.just("1"), st.none(), st.integers())
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
nearly = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | anything},
    optional={
        "id": ids,
        "column": st.integers(-3, 9) | anything,
        "version": st.integers(-3, 9) | anything,
        "token": st.text(max_size=60) | anything,
        "t": anything,
    },
).map(json.dumps)
frames = st.one_of(
    nearly, nearly, anything.map(json.dumps), st.text(max_size=200), st.binary(max_size=200),
    st.integers(1, 3000).map(lambda depth: '{"type":"ping","t":' + "[" * depth),
)  # fmt: skip

LAST = "00000000-0000-0000-0000-00000000ffff"
ANSWERS = {"rejected", "accepted", "seated", "pong"}
UNASKED = {"welcome", "events", "presence"}
CLOSES = {1007, 1008, 4401}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(sent=st.lists(frames, min_size=FRAMES, max_size=FRAMES))
async def test_every_frame_ends_in_a_documented_answer_or_close(
    api: Api, playing: "Playing", sent: list[str | bytes]
) -> None:
    async with api.connect(playing.game) as socket:
        heard: list[dict[str, Any]] = []
        try:
            for frame in sent:
                await socket.send_raw(frame)
            await socket.send(type="resign", id=LAST)
            async with asyncio.timeout(PATIENCE):
                while not heard or heard[-1].get("id") != LAST:
                    heard.append(json.loads(await socket.connection.recv()))
        except websockets.ConnectionClosed:
            assert socket.connection.close_code in CLOSES
        else:
            answers = [frame for frame in heard if frame["type"] in ANSWERS]
            assert len(answers) == len(sent) + 1, "one answer for each frame"
        assert {frame["type"] for frame in heard} <= ANSWERS | UNASKED
        assert all(frame["type"] != "accepted" for frame in heard), "who watches cannot play"
    await playing.go_on()


class Playing:
    """A game that two people play while all this is sent."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.game = ""
        self._tokens: tuple[str, str] = "", ""
        self._moves = 0

    async def go_on(self) -> None:
        """Make one more move; start anew when the columns are full."""
        if self._moves % 42 == 0:
            self.game, *tokens = await self._api.start()
            self._tokens = tokens[0], tokens[1]
            self._moves = 0
        async with self._api.seated(self.game, self._tokens[self._moves % 2]) as player:
            answer = await player.ask("move", uuid.uuid4(), column=int(DRAWN[self._moves]) - 1)
        assert answer["type"] == "accepted", answer
        self._moves += 1


@pytest.fixture
async def playing(api: Api) -> Playing:
    playing = Playing(api)
    await playing.go_on()
    return playing


@pytest.fixture(autouse=True)
def _nothing_breaks(caplog: pytest.LogCaptureFixture) -> Any:
    """No traceback, whatever comes."""
    yield
    broken = [
        record for record in caplog.get_records("call") if record.exc_info and record.levelno >= logging.ERROR
    ]
    assert broken == []


SCHEMA = schemathesis.openapi.from_dict(OPENAPI.content)
SCHEMA.config.generation.update(max_examples=2 * EXAMPLES, deterministic=EXAMPLES == 25)


@SCHEMA.include(path_regex="^/api/").parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_request_has_a_documented_answer(site_process: Command, case: schemathesis.Case[Any]) -> None:
    checks = [not_a_server_error, status_code_conformance, response_schema_conformance]
    case.call_and_validate(base_url=site_process.url, checks=checks, timeout=PATIENCE)
