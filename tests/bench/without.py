"""Our server without its projections, to see what they cost those who play."""

from server import services
from server.__main__ import main

if __name__ == "__main__":
    vars(services)["PROJECTIONS"] = ()
    main()
