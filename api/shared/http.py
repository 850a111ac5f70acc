"""HTTP between services."""

import functools
import ssl

import httpx


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads all certificate authorities, thirty milliseconds in which no request is served."""
    return httpx.create_ssl_context(trust_env=False)


def make_client(timeout_s: float) -> httpx.AsyncClient:
    """A client that follows no proxy of the environment; use it as a context manager."""
    return httpx.AsyncClient(timeout=timeout_s, trust_env=False, verify=_tls())
