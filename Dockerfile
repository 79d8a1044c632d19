# One server, for whoever has a Postgres and a Redis: both come as URLs, and neither is in here.
#
# Any base will do that has Python 3.11 or later as `python3`, with pip.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
# Without pip of its own, which the server has no use for. --only-binary: no compiler is needed, or let in.
COPY requirements-image.lock /
RUN python3 -m venv --without-pip /venv \
    && python3 -m pip --python /venv/bin/python install --quiet --no-cache-dir --disable-pip-version-check \
        --root-user-action ignore --only-binary :all: --require-hashes -r /requirements-image.lock
COPY LICENSE /app/
COPY server /app/server
COPY static /app/static
# Readable to all, whatever the umask of the checkout. Compiled here, for nothing can be written there; unchecked,
# for what an image holds does not change.
RUN chmod -R a+rX /app && /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /app/server

FROM ${BASE}
LABEL org.opencontainers.image.title="Connect Four, event-sourced" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000
# A number, so that an orchestrator can see that it is not root; it owns no file here.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Live, not ready: a server whose database is away is not cured by being replaced. It is the proxy that asks /readyz.
# http.client, because urllib would go through an HTTP_PROXY.
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=3); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "server"]
