"""How a line of the log looks: when, how bad, who, a constant message, and the data beside it."""

import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class _WithData(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        data = (f" {key}={value}" for key, value in vars(record).items() if key not in _STANDARD)
        return super().formatMessage(record) + "".join(data)


def configure() -> None:
    """Log to standard error from INFO. Of what libraries say only what is news: uvicorn's from WARNING, and
    none of asyncpg's tracebacks each time that it cannot connect."""
    handler = logging.StreamHandler()
    handler.setFormatter(_WithData("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
