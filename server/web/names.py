"""The names that players give themselves, as others may see them.

A name that shows nothing would leave an empty place on the page, and one with invisible characters could pass
for another. So invisible characters go, except where a script or an emoji needs them.
"""

import unicodedata

import regex

from server.store.names import FORGOTTEN, NO_NAME

MAX_NAME = 32
"""The longest name that is kept, in code points."""
MAX_MARKS = 4
"""The most marks (accents, vowel signs) that one letter may carry; no script stacks more in a name."""

JOINERS = "\u200c\u200d"
"""ZERO WIDTH NON-JOINER and ZERO WIDTH JOINER."""

# One emoji: a picture, shown as a text or in colours, with a skin tone where it has one.
_EMOJI = r"\p{Extended_Pictographic}(?:[\uFE0E\uFE0F]|\uFE0F?\p{Emoji_Modifier}\uFE0F?)?"

# Letters of cursive scripts, Arabic and its like, and letters and signs of Indic ones.
_CURSIVE = r"[\p{jt=D}\p{jt=R}\p{jt=L}]"
_INDIC = r"[[\p{L}\p{M}]--\p{InSC=Other}]"

# Invisible characters in their place, with what they belong to (Unicode, UTS 51 and UAX 31).
_IN_PLACE = rf"""
    \U0001F3F4[\U000E0030-\U000E0039\U000E0061-\U000E007A]{{3,6}}\U000E007F    # the flag of England
  | {_EMOJI}(?:\u200D{_EMOJI})*                                                # a family
  | [0-9\#*]\uFE0F\u20E3                                                       # a keycap
  | (?<=\p{{Unified_Ideograph}})[\uFE00-\uFE02\U000E0100-\U000E01EF]           # a variant of a Han character
  | (?<=[\p{{Mongolian}}&&\p{{L}}])[\u180B-\u180F]
  | \u200C(?<=(?:{_CURSIVE}\p{{M}}*|{_INDIC})\u200C)(?={_CURSIVE}|{_INDIC}|\p{{bc=AL}})
  | \u200D(?<=(?:{_CURSIVE}\p{{M}}*|{_INDIC})\u200D)
  | [{JOINERS}](?<=\p{{ccc=9}}.)                                               # behind a virama
"""

# What parts words: spaces, lines, controls, and characters that are blank but have a width.
_GAP = r"[\s\p{Z}\p{Cc}\p{Bidi_Control}\u200B\u2800\u3164\uFFA0\U0001D159\U00013441\U00013442]"

# What shows nothing, or not the same to everybody: private and unassigned characters.
_HIDDEN = r"[\p{Default_Ignorable_Code_Point}\p{C}\uFFFC\U00016FE4]"

_INVISIBLE = regex.compile(
    rf"(?P<in_place>{_IN_PLACE})|(?P<gap>{_GAP})|{_HIDDEN}", regex.VERBOSE | regex.VERSION1
)
_MARKS_WITHOUT_A_LETTER = regex.compile(rf"(?<!\S)[\p{{M}}{JOINERS}]+")
_TOO_MANY_MARKS = regex.compile(
    rf"((?:\p{{M}}[{JOINERS}]?){{{MAX_MARKS - 1}}}\p{{M}})[{JOINERS}]?\p{{M}}[\p{{M}}{JOINERS}]*"
)


def clean_name(name: str) -> str:
    """`name` as others may see it, or NO_NAME where it shows nothing, or is how a forgotten one reads.

    It has one line, no control character, no direction of its own, no runs of spaces, no towers of marks, and
    at most MAX_NAME code points: what a reader takes for one character stays whole or goes.
    """
    if len(name) <= MAX_NAME and name.isascii() and name.isprintable():  # there is nothing else to find in it
        return _named(" ".join(name.split()))
    # Again after the cut, which may leave a joiner at the end that joined what is gone.
    return _named(_visible(_cut(_visible(name))))


def _named(name: str) -> str:
    return NO_NAME if name in ("", FORGOTTEN) else name


def _visible(name: str) -> str:
    shown = _INVISIBLE.sub(lambda found: found["in_place"] or (" " if found["gap"] else ""), name)
    lettered = _MARKS_WITHOUT_A_LETTER.sub("", unicodedata.normalize("NFC", shown))
    return " ".join(_TOO_MANY_MARKS.sub(r"\1", lettered).split())


def _cut(name: str) -> str:
    """The beginning of `name`, as many whole grapheme clusters as MAX_NAME has room for."""
    if len(name) <= MAX_NAME:
        return name
    end = 0
    for cluster in regex.finditer(r"\X", name):
        if cluster.end() > MAX_NAME:
            break
        end = cluster.end()
    return name[: end or MAX_NAME]  # emoji can be joined without end
