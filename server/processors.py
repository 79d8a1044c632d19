"""The processors that this process may use."""

import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""The file with the processor time that a container may use in a period, both in µs, on Linux (cgroup v2)."""
MOST_WORKERS = 8
"""Number of workers that are started unasked, at most: each takes 80 MB, and so many keep a Postgres busy."""


def usable(quota: Path = QUOTA) -> int:
    """Number of processors that this process may use, at least 1: those that it may run on, or fewer where a
    container is given less time."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no such call
        count = os.cpu_count() or 1
    try:
        time, period = quota.read_text().split()
        return max(1, min(count, int(time) // int(period)))
    except (OSError, ValueError):  # there is no such file, or it says "max"
        return count


def workers(processors: int, *, with_databases: bool) -> int:
    """Number of workers for so many processors. Of three, two are for workers where the databases run here
    too; with two or fewer a second worker gains nothing."""
    if processors <= 2:
        return 1
    return min(MOST_WORKERS, processors * 2 // 3 if with_databases else processors)
