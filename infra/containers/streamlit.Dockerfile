# The app: docker build -f infra/containers/streamlit.Dockerfile --platform linux/arm64 .
FROM python:3.13-slim AS libraries
RUN pip install --no-cache-dir uv==0.13.9 && python -m venv /venv
WORKDIR /build
COPY pyproject.toml requirements.lock ./
RUN uv pip install --no-cache --python /venv/bin/python --require-hashes --only-binary :all: \
    --requirement pyproject.toml --constraint requirements.lock

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home tidemark
COPY --from=libraries /venv /venv
WORKDIR /app
COPY api/__init__.py api/__init__.py
COPY api/shared/__init__.py api/shared/settings.py api/shared/
COPY ui ui
ENV PATH=/venv/bin:$PATH HOME=/tmp LANG=C.UTF-8 TZ=UTC PYTHONUNBUFFERED=1 DO_NOT_TRACK=1
VOLUME ["/tmp"]
USER 10001
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health')"]
ENTRYPOINT ["python", "-m", "streamlit", "run", "ui/app.py", "--server.address", "0.0.0.0", "--server.port", "8501"]
