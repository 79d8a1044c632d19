"""How much of the machine others use while something is measured."""

import os
from time import monotonic

import psutil

BUSY = 0.15
"""The share of all processors that others may use before figures say little."""


class Others:
    """What is not of this process, nor of those that it started; from now on."""

    def __init__(self) -> None:
        self._begun, self._used = monotonic(), _others()

    @property
    def share(self) -> float:
        """The share of all processors that they used."""
        cores = os.cpu_count() or 1
        return round(max(0.0, (_others() - self._used) / (monotonic() - self._begun) / cores), 3)


def _others() -> float:
    """Since the machine started, in seconds of a processor; what a hypervisor takes is theirs too."""
    all = psutil.cpu_times()
    return float(all.user + all.nice + all.system + getattr(all, "steal", 0) - _own())


def _own() -> float:
    this = psutil.Process()
    used = 0.0
    for process in (this, *this.children(recursive=True)):
        try:
            used += sum(process.cpu_times()[:4])  # its own, and those of children that have ended
        except psutil.NoSuchProcess:
            continue  # in what its parent has by now, or will have
    return used
