"""Where a request comes from, taken in this one place.

A header that names an address is believed only from who proves itself with a secret: the app, which speaks for
the browser in front of it, or the edge: Envoy appends the address it saw to X-Forwarded-For. On AWS CloudFront
writes it into a header of its own, for the gateway behind it appends CloudFront's address to X-Forwarded-For.
"""

import hmac
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from litestar import Request

from api.shared.edge import EDGE_HEADER
from api.users.settings import UsersSettings

APP_HEADER = "x-tidemark-app"
APP_CLIENT_HEADER = "x-tidemark-client"
IPV6_PREFIX = 64


def client_address(request: Request[Any, Any, Any], settings: UsersSettings) -> str:
    """The client's address; of IPv6 only the network, since one client has all of its addresses."""
    address = request.client.host if request.client else ""
    if _proves(request, EDGE_HEADER, settings.edge_secret):
        address = request.headers.get(settings.edge_client_header, address).rpartition(",")[2]
    if _proves(request, APP_HEADER, settings.app_secret):
        address = request.headers.get(APP_CLIENT_HEADER, address)
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


def _proves(request: Request[Any, Any, Any], header: str, secret: str | None) -> bool:
    return bool(secret) and hmac.compare_digest(request.headers.get(header, "").encode(), str(secret).encode())
