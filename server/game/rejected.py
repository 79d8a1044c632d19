"""A player's mistake: reported to the player with a stable code, and never a warning in the log."""

from enum import StrEnum


class Code(StrEnum):
    """The reasons for a refusal. Part of the wire: names may be added, never changed."""

    NOT_YOUR_TURN = "not_your_turn"
    COLUMN_FULL = "column_full"
    NO_SUCH_COLUMN = "no_such_column"
    GAME_NOT_STARTED = "game_not_started"
    GAME_OVER = "game_over"
    STALE_VERSION = "stale_version"
    NOT_SEATED = "not_seated"
    SEAT_TAKEN = "seat_taken"
    ALREADY_SEATED = "already_seated"
    GAME_EXISTS = "game_exists"
    ID_TAKEN = "id_taken"
    NO_SUCH_GAME = "no_such_game"
    NO_OFFER = "no_offer"
    TOO_SOON = "too_soon"
    TOO_LATE = "too_late"
    NOT_ALLOWED = "not_allowed"
    NOT_YET = "not_yet"
    STILL_PLAYING = "still_playing"
    BAD_MESSAGE = "bad_message"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class Rejected(Exception):
    """A command was refused, and nothing has changed. `detail` is one sentence for the player."""

    def __init__(self, code: Code, detail: str) -> None:
        self.code, self.detail = code, detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def no_such_game() -> Rejected:
    """The refusal of whatever is asked of a game that nobody has created."""
    return Rejected(Code.NO_SUCH_GAME, "There is no such game.")


def already_seated() -> Rejected:
    """The refusal of a second seat at the same board."""
    return Rejected(Code.ALREADY_SEATED, "You sit at the other side of this board.")
