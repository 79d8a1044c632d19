"""Share of the machine that other processes use during a measurement."""

import os
from time import monotonic

import psutil

BUSY = 0.15
"""The share of all processors above which figures say little."""


class Others:
    """All processes but this one and those that it started, from now on."""

    def __init__(self) -> None:
        self._begun, self._used = monotonic(), _others()

    @property
    def share(self) -> float:
        """The share of all processors that they used."""
        cores = os.cpu_count() or 1
        return round(max(0.0, (_others() - self._used) / (monotonic() - self._begun) / cores), 3)


def _others() -> float:
    """Processor time of others since the machine started, in seconds, with what a hypervisor takes."""
    all = psutil.cpu_times()
    return float(all.user + all.nice + all.system + getattr(all, "steal", 0) - _own())


def _own() -> float:
    this = psutil.Process()
    used = 0.0
    for process in (this, *this.children(recursive=True)):
        try:
            used += sum(process.cpu_times()[:4])  # its own, and that of children that have ended
        except psutil.NoSuchProcess:
            continue  # counted with its parent, now or later
    return used
