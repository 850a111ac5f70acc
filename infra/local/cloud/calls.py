"""Calls of the AWS API to the emulator behind its Unix socket."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

# A first call unpacks the archive and imports it, on a machine that starts much else.
TIMEOUT_S = 90.0


class EmulatorError(Exception):
    """The emulator refused something; the text says what."""


class EmulatedAws:
    """The emulator as an account in a region sees it; to be closed by leaving its `with`."""

    def __init__(self, socket: Path, account: str, region: str) -> None:
        transport = httpx.HTTPTransport(uds=str(socket))
        self._client = httpx.Client(
            transport=transport, base_url="http://localhost", timeout=TIMEOUT_S, trust_env=False
        )
        self._scope = f"{account}/20260101/{region}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def answers(self, path: str) -> bool:
        """Whether somebody is there who says that all is well."""
        try:
            return self._client.get(path).is_success
        except httpx.TransportError:
            return False

    def call(self, service: str, path: str, body: Mapping[str, Any], *, target: str | None = None) -> Any:
        """The JSON of an answer; `target` names the operation where the path does not. Raises EmulatorError."""
        # The emulator looks for account, region and service in the signature, and does not check it.
        credential = f"Credential={self._scope}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}"}
        if target:
            headers |= {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        answer = self._client.post(path, json=body, headers=headers)
        if not answer.is_success:
            raise EmulatorError(f"{target or path} was answered {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None
