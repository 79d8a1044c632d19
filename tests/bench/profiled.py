"""Our server without its projections. It counts its function calls from one SIGUSR1 to the next, and writes
them into the file CALLS: of each function its name, the number of its calls, the seconds within itself, and
the number of calls that it makes of functions in C."""

import cProfile
import json
import os
import signal
from pathlib import Path
from types import CodeType

from server import services
from server.__main__ import main

_counting: list[cProfile.Profile] = []


def _toggle(*_: object) -> None:
    if not _counting:
        _counting.append(cProfile.Profile())
        _counting[0].enable()
        return
    profile = _counting.pop()
    profile.disable()
    file = Path(os.environ["CALLS"])
    written = file.with_suffix(".new")
    functions = [
        (
            _name(entry.code),
            entry.callcount,
            entry.inlinetime,
            sum(called.callcount for called in entry.calls or () if isinstance(called.code, str)),
        )
        for entry in profile.getstats()
    ]
    written.write_text(json.dumps(functions))
    written.rename(file)  # whole, or not there


def _name(code: CodeType | str) -> str:
    """Of a function in C its description, of one in Python its place and its name."""
    if isinstance(code, str):
        return code
    folder = Path(code.co_filename)
    return f"{folder.parent.name}/{folder.name}:{code.co_firstlineno} {code.co_qualname}"


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _toggle)
    vars(services)["PROJECTIONS"] = ()
    main()
