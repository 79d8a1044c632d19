"""Our server without the statements that it sends at intervals, which belong to no move."""

from server import outage
from server.__main__ import main
from server.delivery import sweep

NEVER = 3600.0
"""Time until the first of them, in seconds: longer than any measurement."""

if __name__ == "__main__":
    vars(outage)["CHECK_INTERVAL"] = vars(sweep)["INTERVAL"] = NEVER
    main()
