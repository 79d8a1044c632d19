"""HTTP: the API, the pages, and the endpoints for operators."""
