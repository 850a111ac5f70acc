# Dagster, and the one-off task `prepare`: docker build -f infra/containers/dagster.Dockerfile --platform linux/arm64 .
FROM python:3.13-slim AS libraries
RUN pip install --no-cache-dir uv==0.13.9 && python -m venv /venv
WORKDIR /build
COPY pyproject.toml requirements.lock ./
# What the project declares, in the versions and with the hashes of the lock; nothing of what tests need.
RUN uv pip install --no-cache --python /venv/bin/python --require-hashes --only-binary :all: \
    --requirement pyproject.toml --constraint requirements.lock

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home tidemark \
    && install -d -o tidemark -g tidemark /var/lib/tidemark
COPY --from=libraries /venv /venv
WORKDIR /app
COPY pyproject.toml ./
COPY api api
COPY infra infra
COPY pipelines pipelines
COPY warehouse warehouse
ENV PATH=/venv/bin:$PATH HOME=/tmp LANG=C.UTF-8 TZ=UTC PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 DBT_SEND_ANONYMOUS_USAGE_STATS=false DAGSTER_DISABLE_TELEMETRY=yes
# Fargate gives a shared folder the owner that it has here.
VOLUME ["/var/lib/tidemark", "/tmp"]
USER 10001
ENTRYPOINT ["python", "-m", "infra.containers"]
