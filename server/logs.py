"""The log's lines: time, level, logger, a constant message, and its data as `name=value`."""

import logging

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class _WithData(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        data = (f" {key}={value}" for key, value in vars(record).items() if key not in _STANDARD)
        return super().formatMessage(record) + "".join(data)


def configure(*, quiet: bool = False) -> None:
    """Log to standard error from INFO on, or from WARNING on if `quiet`.

    From libraries, only what an operator does not know from elsewhere: uvicorn's warnings, and none of
    asyncpg's tracebacks each time that it cannot connect.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_WithData("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("asyncpg").setLevel(logging.ERROR)


def name_worker(name: str) -> None:
    """Add `worker=name` to each line: several workers write to one log."""

    def add_name(record: logging.LogRecord) -> bool:
        record.worker = name
        return True

    for handler in logging.getLogger().handlers:
        handler.addFilter(add_name)
