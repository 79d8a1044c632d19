"""`python -m tests.clocks.ahead`: the server, in a process whose clocks are AHEAD seconds ahead."""

import os
import time

AHEAD = float(os.environ["AHEAD"])


def _shift(name: str) -> None:
    right = getattr(time, name)
    setattr(time, name, lambda: right() + AHEAD)


if __name__ == "__main__":
    _shift("time")
    _shift("monotonic")
    from server.__main__ import main  # only now: what it imports takes these clocks over
    from server.store import database_clock

    database_clock.ROUND_TRIPS = 30  # one of them is short, however busy the machine is
    main()
