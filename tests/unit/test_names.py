"""Names as others see them: what shows nothing goes, what a script or an emoji needs stays."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from server.store.names import NO_NAME
from server.web.names import MAX_MARKS, MAX_NAME, clean_name

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
STAY = {
    "Latin": "Ada Lovelace",
    "an accent": "Zoë O’Neil",
    "Japanese": "ゆき 🦊",
    "a variant of a Han character": "葛\U000e0100城",
    "Korean": "김민준",
    "Thai": "น้ำฝน",
    "Hebrew with points": "שָׁלוֹם",
    "Persian": "می\u200cخواهم",
    "Persian, behind a letter that does not join": "محمد\u200cرضا",
    "Persian, an abbreviation": "ه\u200d",
    "Hindi": "क्\u200dष",
    "Sinhala": "ශ්\u200dරී",
    "Bengali": "র\u200d্য",
    "Malayalam, at the end": "അവന്\u200d",
    "Mongolian": "ᠭᠠ\u180e",
    "a family": FAMILY,
    "a heart on fire": "❤\ufe0f\u200d🔥",
    "a rainbow flag": "🏳\ufe0f\u200d🌈",
    "the flag of England": ENGLAND,
    "flags of countries": "🇩🇪🇫🇷",
    "a skin tone": "👍🏽",
    "a skin tone in a sequence": "🧑🏽\u200d🚀",
    "a keycap": "1\ufe0f\u20e3",
    "a picture shown as text": "☺\ufe0e",
    "an emoji that Python does not know yet": "\U0001fae9",
    "braille": "⠁⠙⠁",
}
NOTHING = {
    "nothing": "",
    "spaces": " \t\u00a0\u3000\u2003",
    "controls": "\x00\x1f\x7f\x85",
    "Hangul fillers": "\u3164\uffa0\u115f\u1160",
    "a Braille blank": "\u2800",
    "a joiner for graphemes": "\u034f",
    "joiners": "\u200d\u200c\u2060\ufeff\u200b",
    "a soft hyphen": "\u00ad",
    "variation selectors": "\ufe00\ufe0f\U000e0100\u180b",
    "tags": "\U000e0001\U000e0061\U000e007f",
    "marks": "\u0301\u0489\u20e3",
    "marks on blanks": " \u0301\u2800\u0302\u3164\u0303",
    "a sign of a script without its letter": "\u093e\u200d",
    "controls of direction": "\u202e\u2066\u200f\u061c",
    "vowels that are not written": "\u17b4\u17b5",
    "musical controls": "\U0001d173\U0001d159",
    "blank hieroglyphs": "\U00013441\U00013442",
    "invisible mathematics": "\u2061\u2064",
    "private and no characters": "\ue000\uffff\U000fffff\ufffc",
    "half of a character": "\ud83d",
    "how a forgotten one reads": " Forgotten\u200b",
}


@pytest.mark.parametrize("name", STAY.values(), ids=STAY)
def test_what_a_script_or_an_emoji_needs_stays(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("name", NOTHING.values(), ids=NOTHING)
def test_a_name_that_shows_nothing_is_none(name: str) -> None:
    assert clean_name(name) == NO_NAME


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("Ada\u202eecarG", "Ada ecarG"),
        ("A\u200dda", "Ada"),
        ("A\ufe0fd\u034fa\U000e0061", "Ada"),
        ("Ada\u3164", "Ada"),
        ("1\ufe0f", "1"),
        ("علی\u200c", "علی"),
        ("\u0301Ada", "Ada"),
        ("e\u0301", "é"),
        ("e\u034f\u0301", "é"),
        ("Z" + "\u0335" * 30 + "oe", "Z" + "\u0335" * MAX_MARKS + "oe"),
        ("ส" + "\u0e47" * 30, "ส" + "\u0e47" * MAX_MARKS),
        ("क" + "\u0941\u200d" * 30, "क" + "\u0941\u200d" * (MAX_MARKS - 1) + "\u0941"),
    ],
)
def test_what_is_not_seen_or_seen_too_much_goes(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("A" * 100, "A" * 32),
        ("A" * 31 + " B", "A" * 31),
        ("A" * 28 + FAMILY, "A" * 28),
        ("A" * 25 + FAMILY, "A" * 25 + FAMILY),
        ("A" * 30 + "🇩🇪🇫🇷", "A" * 30 + "🇩🇪"),
        ("A" * 31 + "q\u0323\u0307", "A" * 31),
        ("A" * 31 + "क्षि", "A" * 31),
        ("👩" + "\u200d👩" * 30, "👩" + "\u200d👩" * 15),
        ("क्" * 40, "क्" * 16),
    ],
)
def test_a_long_name_ends_with_a_whole_character(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


letters = st.sampled_from("aZé1#*ادبهकरක葛ᠭ각한👩🏴🏽🇩❤☺⠁ส")
hidden = st.sampled_from(
    "\u200c\u200d\u034f\ufe0e\ufe0f\u20e3\U000e0100\U000e0061\U000e007f\u180b\u180e\u115f\u3164\u2800\u202e"
    "\u2067\u200b\u00ad\x00\n \u3000\ud800\U0001fffd\ufffc"
)
marks = st.sampled_from(
    "\u0301\u0323\u0335\u0344\u0489\u094d\u093e\u0903\u064b\u0e47\u1039\u0dca\u302a\U0001d165"
)
names = st.one_of(
    st.text(max_size=50),
    st.lists(st.one_of(letters, hidden, marks), max_size=60).map("".join),
    st.lists(st.one_of(letters, marks), max_size=60).map("".join),
)


@given(names)
def test_a_name_is_clean_after_one_cleaning(name: str) -> None:
    cleaned = clean_name(name)
    assert clean_name(cleaned) == cleaned
    assert 1 <= len(cleaned) <= MAX_NAME
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert not regex.search(r"[\p{Cc}\p{Cs}\p{Co}\p{Bidi_Control}\p{Zl}\p{Zp}\u2800\u3164]", cleaned)
    assert not regex.search(r"\p{M}" * (MAX_MARKS + 1), cleaned)
    assert regex.search(r"[\p{L}\p{N}\p{P}\p{S}\p{Extended_Pictographic}]", cleaned)
    cleaned.encode()  # to UTF-8, as everybody is told it


@given(st.text(st.characters(categories=["L", "N", "P"], max_codepoint=0x24F), min_size=1, max_size=MAX_NAME))
def test_a_name_in_plain_letters_is_kept_as_it_is(name: str) -> None:
    assert clean_name(name) == name
