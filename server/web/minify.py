"""Makes scripts and styles smaller before they are sent; what it does not understand stays as it is."""

import logging
from functools import cache
from importlib import import_module
from types import ModuleType

JAVASCRIPT = "text/javascript"
CSS = "text/css"
CONFIG = {"js-version": 2009}
"""Adds no newer syntax: static/pages/boot.js runs in browsers that are too old for all else."""

log = logging.getLogger(__name__)


def minify(text: str, kind: str = JAVASCRIPT) -> str:
    """`text`, a script or styles, without comments and white space and with short names. It does the same."""
    library = _library()
    if library is None:
        return text
    try:
        small: str = library.string(kind, text)
    except library.MinifyError as error:
        _tell(str(error))
        return text
    return small


@cache
def _library() -> ModuleType | None:
    """The library, loaded when it is first needed; None where there is no wheel of it for the platform."""
    try:
        library = import_module("minify")
        library.config(CONFIG)
    except (ImportError, OSError) as error:
        log.info("no minifier: pages are sent as they are written", extra={"error": str(error)})
        return None
    return library


@cache  # so each is told once
def _tell(error: str) -> None:
    log.warning("cannot minify: sent as it is written", extra={"error": error})
