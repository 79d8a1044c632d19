"""A folder of files that are read once, and again when one of them has changed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread

LOOK_INTERVAL = 0.2
"""Least time between two looks at whether a file has changed, in seconds: nobody edits a file and loads what
is made of it faster."""


class Folder:
    """The files below `root`. `clock` is in seconds."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.root, self._clock = root, clock
        self._looked_at = float("-inf")
        self._state = 0

    async def look(self) -> int:
        """A number for the files as they are, and another one when a file has changed, come or gone."""
        now = self._clock()
        if now - self._looked_at >= LOOK_INTERVAL:
            self._state = await anyio.to_thread.run_sync(self._look)
            self._looked_at = now
        return self._state

    def _look(self) -> int:
        files = [os.path.join(folder, name) for folder, _, names in os.walk(self.root) for name in names]
        return hash(tuple((file, os.stat(file).st_mtime_ns) for file in sorted(files)))
