"""What `--cloud` starts in place of the services' processes."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from infra.local import probes
from infra.local.bank import Bank
from infra.local.cloud import environment
from infra.local.cloud.archives import archive, target
from infra.local.cloud.deployment import BASE_PATH, Deployment, Function
from infra.local.files import write_whole
from infra.local.secrets import AWS_REGION
from infra.local.services import SERVICES
from infra.local.settings import CHECKOUT
from infra.local.supervised import Element, Part, Step

NAME = "lambda"
EMULATOR_STEP = "cloud libraries"


def elements(bank: Bank, after: Sequence[str]) -> list[Element]:
    """The emulator with the services deployed in it, when `after` is ready."""
    folder = bank.state.cloud
    archives = [_archive_step(service, folder / "archives") for service in SERVICES]
    gateway = Part(
        name=NAME,
        command=[
            *(sys.executable, "-m", "infra.local.cloud.server"),
            *("--folder", str(folder), "--socket", str(bank.functions_socket)),
        ],
        environment=bank.base_environment()
        | {"AWS_SECRET_ACCESS_KEY": bank.secrets.shared["aws_secret_access_key"]},
        probe=probes.http(f"http://localhost{BASE_PATH}/stats/health", socket=bank.functions_socket),
        cwd=CHECKOUT,
        address=str(bank.functions_socket),
        after=(*after, EMULATOR_STEP, *(step.name for step in archives)),
        stop_timeout_s=15,
    )
    return [Step(EMULATOR_STEP, lambda: environment.install(folder / "python")), *archives, gateway]


def write_deployment(bank: Bank) -> None:
    """Write what the emulator is to run, for its launcher alone: it holds passwords."""
    folder = bank.state.cloud
    folder.mkdir(mode=0o700, exist_ok=True)
    functions = {
        service: Function(
            archive=str(folder / "archives" / f"{service}.zip"),
            handler=f"api.{service}.handler.handler",
            environment=bank.function_environment(service),
        )
        for service in SERVICES
    }
    users = functions["users"].environment
    deployment = Deployment(
        account=bank.access_key_id,
        region=AWS_REGION,
        issuer=users["TIDEMARK_ISSUER"],
        audience=users.get("TIDEMARK_AUDIENCE", "tidemark"),
        python=target().python,
        architecture=target().architecture,
        functions=functions,
    )
    write_whole(folder / "deployment.json", msgspec.json.encode(deployment).decode())


def _archive_step(service: str, folder: Path) -> Step:
    def build() -> None:
        archive(service, folder, CHECKOUT)

    return Step(f"archive {service}", build)
