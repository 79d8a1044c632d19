"""Our server without its projections, which counts its function calls from one SIGUSR1 to the next.

The counts are written into the file CALLS, a line of JSON each: all calls, and those of each function.
"""

import cProfile
import json
import os
import signal
from pathlib import Path
from types import CodeType

from server import services
from server.__main__ import main

PACKAGE = Path(__file__).parents[2]


def toggled(file: Path, profile: list[cProfile.Profile]) -> None:
    """Begin to count, or end it and write what was counted."""
    if not profile:
        profile.append(cProfile.Profile())
        profile[0].enable()
        return
    counting = profile.pop()
    counting.disable()
    calls = {_name(entry.code): entry.callcount for entry in counting.getstats()}
    with file.open("a") as out:
        out.write(json.dumps(calls) + "\n")


def _name(code: CodeType | str) -> str:
    if isinstance(code, str):
        return code
    path = code.co_filename.removeprefix(f"{PACKAGE}/")
    return f"{path}:{code.co_firstlineno} {code.co_name}"


if __name__ == "__main__":
    file, profile = Path(os.environ["CALLS"]), list[cProfile.Profile]()
    signal.signal(signal.SIGUSR1, lambda *_: toggled(file, profile))
    vars(services)["PROJECTIONS"] = ()
    main()
