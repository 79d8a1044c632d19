"""What is asked over HTTP: the API, the pages, and what an operator asks."""
