"""How answers travel: entity tags, 304, CSV. All of it HTTP, nothing of it statistics."""

import hashlib
from typing import Any

import msgspec
from litestar import MediaType, Request, Response

from api.shared.csv_text import csv_text
from api.shared.negotiation import CSV
from api.shared.pages import next_link
from api.stats.schemas import Figures

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
    return headers | next_link(request, page.next_cursor)


def figures_csv(page: Figures, metric_names: list[str]) -> str:
    """CSV of account_id, period_start, period_end, status and the statistics; null is empty."""
    columns = ["account_id", "period_start", "period_end", "status", *metric_names]
    return csv_text(
        columns,
        (
            [item.account_id, item.period_start, item.period_end, item.status, *item.metrics.values()]
            for item in page.items
        ),
    )
