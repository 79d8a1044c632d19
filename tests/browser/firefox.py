"""Firefox, driven by WebDriver BiDi: no driver program is needed, and none of its own traffic goes out."""

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from tests.browser.bidi import Bidi, BidiError, Json
from tests.browser.complaints import Complaints
from tests.browser.visitor import REMEMBER

START_TIMEOUT = 120
"""Time that Firefox may take to start, in seconds."""
VIEWPORT = {"width": 900, "height": 600}
PREFERENCES: dict[str, Any] = {
    "ui.prefersReducedMotion": 1,
    "intl.accept_languages": "en-US,en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "services.settings.server": "",
}
"""Of every profile, beside those that Firefox itself sets where it is driven."""
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Space": " "}
"""Code points of keys that write nothing (WebDriver, section 17.4.2)."""


class FirefoxTab:
    """A window with storage of its own. `complaints` are warnings and errors in its console."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self._bidi, self._context = bidi, context
        self._to_refuse: dict[str, int] = {}
        self.complaints = Complaints()
        self.refused: list[str] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def new(cls, bidi: Bidi) -> AsyncIterator["FirefoxTab"]:
        profile = (await bidi.call("browser.createUserContext"))["userContext"]
        created = await bidi.call("browsingContext.create", type="window", userContext=profile)
        tab = cls(bidi, created["context"])
        listeners = {"log.entryAdded": tab._on_log, "network.beforeRequestSent": tab._on_request}
        for name, listener in listeners.items():
            bidi.listeners.setdefault(name, []).append(listener)
        await bidi.call("session.subscribe", events=list(listeners), contexts=[tab._context])
        remember = f"() => {{ {REMEMBER} }}"
        await bidi.call("script.addPreloadScript", functionDeclaration=remember, contexts=[tab._context])
        await bidi.call("browsingContext.setViewport", context=tab._context, viewport=VIEWPORT)
        try:
            yield tab
        finally:
            for name, listener in listeners.items():
                bidi.listeners[name].remove(listener)
            await bidi.call("browser.removeUserContext", userContext=profile)

    async def open(self, url: str) -> None:
        await self._bidi.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def reload(self) -> None:
        await self._bidi.call("browsingContext.reload", context=self._context, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        answer = await self._bidi.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? null)()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        result = answer["result"]
        return json.loads(result["value"]) if result["type"] == "string" else None

    async def click(self, x: float, y: float, times: int = 1) -> None:
        move = {"type": "pointerMove", "x": round(x), "y": round(y)}
        press: list[Json] = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        await self._act({"type": "pointer", "id": "mouse", "actions": [move, *press * times]})

    async def press(self, *keys: str) -> None:
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": kind, "value": value} for value in values for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keyboard", "actions": actions})

    async def picture(self) -> bytes:
        shot = await self._bidi.call("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(shot["data"])

    async def refuse(self, part: str, times: int) -> None:
        self._to_refuse[part] = times
        await self._bidi.call("network.addIntercept", phases=["beforeRequestSent"], contexts=[self._context])

    async def _act(self, source: Json) -> None:
        await self._bidi.call("input.performActions", context=self._context, actions=[source])

    def _on_log(self, entry: Json) -> None:
        if entry["source"].get("context") == self._context and entry["level"] in ("warn", "error"):
            self.complaints.hear(f"{entry['level']}: {entry['text']}")

    def _on_request(self, event: Json) -> None:
        if event["context"] != self._context or not event["isBlocked"]:
            return
        request = event["request"]
        part = next((part for part, left in self._to_refuse.items() if left and part in request["url"]), None)
        if part:
            self._to_refuse[part] -= 1
            self.refused.append(request["url"])
            self._bidi.send("network.failRequest", request=request["request"])
        else:
            self._bidi.send("network.continueRequest", request=request["request"])


@contextlib.asynccontextmanager
async def firefox(program: str, **preferences: Any) -> AsyncIterator[Bidi]:
    """A Firefox without windows on the screen, with a profile of its own. In the names of `preferences`, `__`
    is for a dot."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        _write(
            Path(profile, "user.js"),
            PREFERENCES | {name.replace("__", "."): value for name, value in preferences.items()},
        )
        process = await asyncio.create_subprocess_exec(
            program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0",
            env={"PATH": os.environ["PATH"], "HOME": profile, "LANG": "C.UTF-8"},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stderr
            async with asyncio.timeout(START_TIMEOUT):
                while not (found := re.search(rb"ws://\S+", await process.stderr.readline())):
                    assert process.returncode is None, "Firefox has ended"
            async with Bidi.at(found[0].decode()) as bidi:
                yield bidi
                await bidi.call("browser.close")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.communicate()


def find_firefox() -> str | None:
    """The path of Firefox, or None; FIREFOX names another."""
    return os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


def _write(file: Path, preferences: Mapping[str, Any]) -> None:
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
    file.write_text("".join(lines))
