"""Latencies as they are measured: microseconds appended to arrays, which costs next to nothing."""

from array import array
from enum import StrEnum


class Latency(StrEnum):
    """The latencies, by where they begin and end."""

    ACCEPTED = "move → accepted"
    OPPONENT = "move → opponent"
    SPECTATOR = "move → spectator"
    LAST_SPECTATOR = "move → last spectator"
    WELCOMED = "connect → welcomed"
    WHOLE = "connect → whole"
    WHOLE_AGAIN = "cut → whole again"


Taken = dict[Latency, bytes]
"""Latencies in microseconds, each an unsigned int in the size and byte order of the machine."""


class Recorder:
    """Latencies since they were last taken. Append to `of[...]`; histograms are made elsewhere."""

    def __init__(self) -> None:
        self.of: dict[Latency, array[int]] = {latency: array("I") for latency in Latency}

    def take(self) -> Taken:
        """The latencies since the last call."""
        taken = {latency: values.tobytes() for latency, values in self.of.items() if values}
        for values in self.of.values():
            del values[:]
        return taken
