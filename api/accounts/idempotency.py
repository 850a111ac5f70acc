"""`Idempotency-Key`: the same key and body give the same answer and one posting."""

import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.params import HeaderParameter

from api.accounts.models import IdempotencyKey

Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Of the caller's choice, one for each thing they mean to do. Repeated with the same body the"
        " call gives its first answer again and moves nothing; with another body it is refused (422).",
    ),
]


def idempotency_key(
    request: Request[Any, Any, Any], key: str | None, body: msgspec.Struct
) -> IdempotencyKey | None:
    """The key with a digest of the call and its body, in which white space and the order of keys don't count."""
    if key is None:
        return None
    call = f"{request.method} {request.url.path}\n".encode()
    return IdempotencyKey(key, hashlib.sha256(call + msgspec.json.encode(body)).digest())
