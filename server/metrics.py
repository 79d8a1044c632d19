"""What the server counts, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One server's figures, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.sockets = Gauge("connect4_sockets", "WebSockets open now.", registry=self._registry)
        self.accepted = Counter(
            "connect4_commands_accepted",
            "Commands that were recorded, or were before.",
            registry=self._registry,
        )
        self.rejected = Counter(
            "connect4_commands_rejected", "Commands refused, by code.", ["code"], registry=self._registry
        )
        self.statements = Counter(
            "connect4_statements", "SQL statements sent to Postgres.", registry=self._registry
        )
        self.publishes = Counter(
            "connect4_publishes", "Round trips to Redis that publish.", registry=self._registry
        )
        self.frames_encoded = Counter(
            "connect4_frames_encoded", "Frames of events made for what was recorded.", registry=self._registry
        )
        self.sweep_found = Counter(
            "connect4_sweep_found", "Games found to have more than was told.", registry=self._registry
        )
        self.lost_races = Counter(
            "connect4_lost_races", "Appends that another writer was faster than.", registry=self._registry
        )

    def watch(self, name: str, help: str, value: Callable[[], float]) -> None:
        """Show `value` as a gauge of its own."""
        Gauge(name, help, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)
