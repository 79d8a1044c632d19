"""How a line of the log looks: when, how bad, who, a constant message, and the data beside it."""

import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class _WithData(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        data = (f" {key}={value}" for key, value in vars(record).items() if key not in _STANDARD)
        return super().formatMessage(record) + "".join(data)


def configure() -> None:
    """Log to standard error from INFO, and from WARNING what uvicorn says of its ordinary life."""
    handler = logging.StreamHandler()
    handler.setFormatter(_WithData("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
