"""How answers travel: entity tags, 304, CSV, links to the next page. All of it HTTP, nothing of it statistics."""

import csv
import hashlib
import io
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import MediaType, Request, Response

from api.stats.schemas import Figures

CSV = "text/csv"
# Kept by the client alone, and asked about again each time: an unchanged answer then costs no body.
_CACHING = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def answer(
    request: Request[Any, Any, Any],
    content: msgspec.Struct,
    tagged: Any,
    *,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    """200 with the content (or its CSV `body`), or 304 if the caller already has what `tagged` stands for."""
    media_type = MediaType.JSON if body is None else CSV
    digest = hashlib.blake2b(msgspec.json.encode((media_type, tagged)), digest_size=16).hexdigest()
    etag = f'W/"{digest}"'
    headers = {"ETag": etag, **_CACHING, **(headers or {})}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(None, status_code=304, headers=headers)
    return Response(content if body is None else body, media_type=media_type, headers=headers)


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, section 13.1.2: the comparison is weak."""
    asked = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in asked or etag.removeprefix("W/") in asked


def publication_headers(request: Request[Any, Any, Any], page: Any) -> dict[str, str]:
    """What a 304 or a CSV has no other place for: the publication, and where the next page is."""
    headers = {}
    if page.run_id is not None:
        headers["Tidemark-Run-Id"] = page.run_id
        headers["Tidemark-Complete-Through"] = msgspec.to_builtins(page.complete_through)
    if page.next_cursor is not None:
        asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        query = urlencode([*asked, ("cursor", page.next_cursor)])
        headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return headers


def wants_csv(request: Request[Any, Any, Any], format_: str | None) -> bool:
    """`?format=` decides, else the Accept header, else it is JSON."""
    if format_ is not None:
        return format_ == "csv"
    return request.accept.best_match([MediaType.JSON, CSV], default=MediaType.JSON) == CSV


def figures_csv(page: Figures, metric_names: list[str]) -> str:
    """RFC 4180 with a header line: account_id, period_start, period_end, status, the statistics; null is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["account_id", "period_start", "period_end", "status", *metric_names])
    for item in page.items:
        writer.writerow([item.account_id, item.period_start, item.period_end, item.status, *item.metrics.values()])
    return out.getvalue()
