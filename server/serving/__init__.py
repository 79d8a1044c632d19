"""uvicorn, and the connections that it serves."""
