"""Makes scripts smaller: no comments, no white space, and short names for what is private to a class."""

import itertools
import re
import string
from collections import Counter

from rjsmin import jsmin

PRIVATE = re.compile(r"(?:(?<=[.{};,(\n])|(?<=\bget)|(?<=\bset)|(?<=\basync)|(?<=\bstatic))#([A-Za-z]\w*)")
"""A private name (ECMA-262, PrivateIdentifier). In texts a `#` follows something else."""


def minify(script: str) -> str:
    """`script`, a module, as it is sent. It does the same."""
    small: str = jsmin(script)
    names = [name for name, _ in Counter(PRIVATE.findall(small)).most_common()]
    pairs = map("".join, itertools.product(string.ascii_letters, repeat=2))
    shorter = dict(zip(names, itertools.chain(string.ascii_letters, pairs), strict=False))
    return PRIVATE.sub(lambda found: f"#{shorter[found.group(1)]}", small)
