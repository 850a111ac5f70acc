"""The rotation on AWS Lambda: Secrets Manager calls it for one secret in four steps.

One role, one password: it changes in the database first and in the secret a second later. Connections that live go
on; who signs in within that second with the old one is refused, reads the secret again and tries again. Two roles
in turn would spare that second, but the bank's rights, time limits and tables belong to one role by its name.

Each step may be called again, and may follow a crash at any point: what was done is found and left.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from api.shared.settings import AwsSettings
from infra.functions.rotation.database import Database, Login
from infra.functions.rotation.settings import RotationSettings

PASSWORD_BYTES = 30
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


class RotationError(Exception):
    """The password could not be changed; the old one is still good, unless the text says otherwise."""


@dataclass(frozen=True)
class Rotation:
    """One secret and its new version, in Secrets Manager and in the database."""

    client: Any
    database: Database
    secret_id: str
    version: str

    @property
    def is_finished(self) -> bool:
        """Whether the new version is the one in use: a call came twice."""
        return CURRENT in self._stages().get(self.version, ())

    def create(self) -> None:
        """Make up the new password, unless it is there."""
        current = self._read(CURRENT)
        try:
            self._read(PENDING, self.version)
        except self.client.exceptions.ResourceNotFoundException:
            self.client.put_secret_value(
                SecretId=self.secret_id,
                ClientRequestToken=self.version,
                SecretString=json.dumps({**current, "password": secrets.token_urlsafe(PASSWORD_BYTES)}),
                VersionStages=[PENDING],
            )

    def set(self) -> None:
        """Give it to the role, unless it has it.

        The role signs in by the password in use, or the one before: a database restored from yesterday has that.
        """
        new = self._read(PENDING, self.version)
        if self.database.takes(new):
            return
        for stage in (CURRENT, PREVIOUS):
            try:
                login = self._read(stage)
            except self.client.exceptions.ResourceNotFoundException:
                continue
            if login["username"] == new["username"] and self.database.takes(login):
                self.database.change_password(login, new["password"])
                return
        raise RotationError(
            f"The database takes neither the present nor the last password of {new['username']}: nobody can sign "
            "in as this role. Run the task `prepare`, which gives it the one in its secret."
        )

    def test(self) -> None:
        """Sign in with the new password."""
        new = self._read(PENDING, self.version)
        if not self.database.takes(new):
            raise RotationError(f"The database does not take the new password of {new['username']}.")

    def finish(self) -> None:
        """Let the new version be the one in use."""
        in_use = next((version for version, stages in self._stages().items() if CURRENT in stages), None)
        moved = {"MoveToVersionId": self.version, **({"RemoveFromVersionId": in_use} if in_use else {})}
        self.client.update_secret_version_stage(SecretId=self.secret_id, VersionStage=CURRENT, **moved)

    def _stages(self) -> dict[str, list[str]]:
        told: dict[str, list[str]] = self.client.describe_secret(SecretId=self.secret_id)["VersionIdsToStages"]
        return told

    def _read(self, stage: str, version: str | None = None) -> Login:
        which = {"VersionId": version} if version else {}
        told = self.client.get_secret_value(SecretId=self.secret_id, VersionStage=stage, **which)
        try:
            login = json.loads(told["SecretString"])
            return {name: str(login[name]) for name in ("username", "password", "dbname")}
        except (KeyError, ValueError, TypeError):
            # Not from the error, whose text may quote the secret.
            raise RotationError(f"{self.secret_id} ({stage}) lacks username, password or dbname.") from None


STEPS: dict[str, Callable[[Rotation], None]] = {
    "createSecret": Rotation.create,
    "setSecret": Rotation.set,
    "testSecret": Rotation.test,
    "finishSecret": Rotation.finish,
}


def handler(event: Any, context: Any) -> None:
    """Do the step. Raises RotationError, SettingsError, psycopg.Error, botocore's errors: the alarm's business."""
    database = Database(RotationSettings.read())
    config = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    region = AwsSettings.read().region
    client = get_session().create_client("secretsmanager", region_name=region, config=config)
    step = STEPS[event["Step"]]
    rotation = Rotation(client, database, event["SecretId"], event["ClientRequestToken"])
    if rotation.is_finished:
        print(json.dumps({"secret": event["SecretId"], "step": event["Step"], "was_finished": True}), flush=True)
        return
    step(rotation)
    print(json.dumps({"secret": event["SecretId"], "step": event["Step"], "is_done": True}), flush=True)
