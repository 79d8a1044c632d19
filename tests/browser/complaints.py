"""The complaints of a page in its console, without those that a test expects."""

REFUSED = ("Failed to load resource", "WebSocket connection to", "establish a connection to the server at")
"""Of Chromium's and Firefox's own complaints, that a request or a connection failed."""


class Complaints(list[str]):
    """Exceptions, warnings and errors of a page, without those that the test brings about itself.

    These can come some time after what they tell, so that no moment is late enough to clear them away.
    """

    def __init__(self) -> None:
        super().__init__()
        self._expected: tuple[str, ...] = ()

    def expect(self, *words: str) -> None:
        """Leave out complaints with any of these words in them, from now on."""
        self._expected += words

    def hear(self, complaint: str) -> None:
        if not any(words in complaint for words in self._expected):
            self.append(complaint)
