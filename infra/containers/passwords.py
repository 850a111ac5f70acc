"""The passwords of the database's roles: in Secrets Manager, where the function `rotation` changes them.

Connections find them in a file of libpq's (PGPASSFILE), which is written anew all the while: so a connection that
lives goes on, and the next one signs in with the new password. No process has one in its environment.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from api.shared.settings import AwsSettings
from infra.containers.settings import ContainerSettings
from infra.local.databases import NAMES
from infra.local.errors import LocalError
from infra.local.files import write_whole

PASSWORD_BYTES = 30
# Between a password's change in the database and in its secret lie seconds too: who is refused tries again.
EVERY_S = 15.0

Tell = Callable[[str], object]


class Passwords:
    """The secrets of the roles. Raises LocalError when they can't be had."""

    def __init__(self, settings: ContainerSettings, client: Any = None) -> None:
        self._settings = settings
        config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
        region = AwsSettings.read().region
        self._client = client or get_session().create_client("secretsmanager", region_name=region, config=config)

    def read(self, roles: Iterable[str]) -> dict[str, str]:
        """By role: its password."""
        return {role: self._password(role) for role in roles}

    def ensure(self, roles: Iterable[str]) -> dict[str, str]:
        """The same; a role whose secret is empty gets a password, which the database is to be told."""
        return {role: self._ensure(role) for role in roles}

    def write(self, roles: Iterable[str]) -> None:
        """Write the file in which connections look passwords up, and the certificate beside it."""
        settings = self._settings
        if settings.database_ca:
            write_whole(settings.ca_file, settings.database_ca)
        write_whole(settings.password_file, "".join(_line(settings, *each) for each in self.read(roles).items()))

    def keep(self, roles: Iterable[str], tell: Tell, sleep: Callable[[float], None] = time.sleep) -> None:
        """Write them again and again, until the process ends."""
        wanted = tuple(roles)
        self.write(wanted)
        while True:
            sleep(EVERY_S)
            try:
                self.write(wanted)
            except LocalError as error:
                # The old ones are good until the next rotation.
                tell(str(error))

    def _ensure(self, role: str) -> str:
        try:
            return self._password(role)
        except _Empty:
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            content = {"username": role, "password": password, "dbname": NAMES.of(role)}
            self._ask("put_secret_value", role, SecretString=json.dumps(content))
            return password

    def _password(self, role: str) -> str:
        try:
            return str(json.loads(self._ask("get_secret_value", role)["SecretString"])["password"])
        except (KeyError, ValueError, TypeError):
            # Not from the error, whose text may quote the secret.
            raise LocalError(f"The secret of {role} is not of the form that RDS keeps.") from None

    def _ask(self, operation: str, role: str, **arguments: str) -> Any:
        name = f"{self._settings.role_secrets}{role}"
        try:
            return getattr(self._client, operation)(SecretId=name, **arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                raise _Empty(f"The secret {name} has no value yet: the task `prepare` makes it up.") from error
            raise LocalError(f"The secret {name} can't be had: {error}") from error
        except BotoCoreError as error:
            raise LocalError(f"The secret {name} can't be had: {error}") from error


class _Empty(LocalError):
    """The secret is there and holds nothing, or is not there."""


def _line(settings: ContainerSettings, role: str, password: str) -> str:
    fields = (settings.database_host, str(settings.database_port), "*", role, password)
    return ":".join(field.replace("\\", "\\\\").replace(":", "\\:") for field in fields) + "\n"
