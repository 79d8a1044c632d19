"""What the server counts, for Prometheus."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One server's figures, in a registry of their own. Where several processes are one server they count
    together in the folder `shared`."""

    def __init__(self, shared: Path | None = None) -> None:
        self._registry = CollectorRegistry()
        self._shared = shared
        self.sockets = Gauge(
            "connect4_sockets", "WebSockets open now.", registry=self._registry, multiprocess_mode="livesum"
        )
        self.games_watched = Gauge(
            "connect4_games_watched",
            "Games with a socket here.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.redis_up = Gauge(
            "connect4_redis_up",
            "Whether Redis is heard.",
            registry=self._registry,
            multiprocess_mode="livemin",
        )
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

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        if self._shared is None:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._shared))  # type: ignore[no-untyped-call]
        return generate_latest(registry)
