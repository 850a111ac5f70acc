"""The database password, asked for at each connect: on AWS no setting holds one.

It stands in the database URL (one machine), in Secrets Manager, where it changes while services run, or it is a
token that RDS takes for fifteen minutes in place of a password (IAM database authentication).
"""

import asyncio
import json
from typing import Any, Protocol
from urllib.parse import urlsplit

from api.shared.aws import aws_errors, make_client
from api.shared.errors import Unavailable
from api.shared.settings import AwsSettings, ServiceSettings

TOKEN_LIFE_S = 900


class Credentials(Protocol):
    """Whose password it is that is asked for."""

    async def parameters(self) -> dict[str, Any]:
        """What to connect with beside the database URL. Raises Unavailable when it cannot be had."""

    def forget(self) -> bool:
        """To be called after a refusal: whether asking once more may give something else."""


class InUrl:
    """The database URL says all."""

    async def parameters(self) -> dict[str, Any]:
        return {}

    def forget(self) -> bool:
        return False


class InSecretsManager:
    """A secret as RDS keeps it: a JSON object with `username` and `password`. Remembered until it is refused."""

    def __init__(self, secret_id: str) -> None:
        self._secret_id = secret_id
        self._known: dict[str, str] | None = None

    async def parameters(self) -> dict[str, Any]:
        if self._known is None:
            self._known = await asyncio.to_thread(self._fetch)
        return self._known

    def forget(self) -> bool:
        was_known, self._known = self._known is not None, None
        return was_known

    def _fetch(self) -> dict[str, str]:
        with aws_errors():
            answer = make_client("secretsmanager").get_secret_value(SecretId=self._secret_id)
        try:
            secret = json.loads(answer["SecretString"])
            return {"user": secret["username"], "password": secret["password"]}
        except (KeyError, ValueError, TypeError):
            # Not from the error, whose text may quote the secret.
            raise Unavailable("The database's secret is not of the form that RDS keeps.") from None


class AsIamToken:
    """A token signed with the function's own role; RDS refuses it without TLS."""

    def __init__(self, database_url: str) -> None:
        self._parts = urlsplit(database_url)

    async def parameters(self) -> dict[str, Any]:
        return {"password": await asyncio.to_thread(self._sign), "sslmode": "require"}

    def forget(self) -> bool:
        return False

    def _sign(self) -> str:
        from botocore.exceptions import NoCredentialsError
        from botocore.model import ServiceId
        from botocore.session import get_session
        from botocore.signers import RequestSigner

        session, region = get_session(), AwsSettings.read().region
        with aws_errors():
            own = session.get_credentials()
            if own is None:
                raise NoCredentialsError()
            events = session.get_component("event_emitter")
            signer = RequestSigner(ServiceId("rds-db"), region or "", "rds-db", "v4", own, events)
            address = f"{self._parts.hostname}:{self._parts.port or 5432}"
            request = {
                "method": "GET",
                "url": f"https://{address}/?Action=connect&DBUser={self._parts.username}",
                "body": {},
                "headers": {},
                "context": {},
            }
            url = signer.generate_presigned_url(request, "connect", TOKEN_LIFE_S, region, "rds-db")
        return url.removeprefix("https://")


def make_credentials(settings: ServiceSettings) -> Credentials:
    """What the settings name."""
    if settings.database_secret_id:
        return InSecretsManager(settings.database_secret_id)
    if settings.database_iam:
        return AsIamToken(settings.database_url)
    return InUrl()
