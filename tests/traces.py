"""Looks for what must not lie somewhere: a secret raw, encoded, or as a hash that anybody can compute."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def forms(secret: str) -> Iterator[bytes]:
    """How a secret may lie somewhere; each form is found also where the secret stands within a longer text."""
    for text in (secret, secret.lower(), secret.upper()):
        yield from (text.encode(), quote(text, safe="").encode(), json.dumps(text)[1:-1].encode())
    raw = secret.encode()
    yield from (raw.hex().encode(), raw.hex().upper().encode())
    yield from _base64(raw)
    for algorithm in ALGORITHMS:
        digest = hashlib.new(algorithm, raw).digest()
        yield from (digest, digest.hex().encode(), base64.b64encode(digest).rstrip(b"="))


def _base64(raw: bytes) -> Iterator[bytes]:
    """What of the encoding depends on `raw` alone, for each place in a triple of bytes where it may begin."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        # The first and the last character may share bits with what stands beside it.
        known = encoded[(0, 2, 3)[shift] : -1 if (shift + len(raw)) % 3 else None]
        yield from (known, known.replace(b"+", b"-").replace(b"/", b"_"))


class Traces:
    """Finds any form of any of `secrets`, given by name."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = {form: name for name, secret in secrets.items() for form in forms(secret)}

    def within(self, content: bytes | str | Iterable[str]) -> set[str]:
        """The names of the secrets that left a trace in `content`."""
        if not isinstance(content, bytes | str):
            content = "\n".join(content)
        if isinstance(content, str):
            content = content.encode()
        return {name for form, name in self._forms.items() if form in content}
