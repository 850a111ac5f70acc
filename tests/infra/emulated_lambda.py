"""An emulated AWS whose functions really run, from an environment of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.cloud import environment

ACCOUNT, REGION = "123456789012", "eu-central-1"


@contextmanager
def emulated_lambda(folder: Path, bind: str, services: str) -> Iterator[None]:
    """It listens at `bind` (of hypercorn) before long; `services` are AWS's, with commas between."""
    environment.install(folder / "python")
    settings = {
        "SERVICES": f"lambda,events,logs,iam,sts,{services}",
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(folder),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PATH": os.environ["PATH"],
    }
    command = [str(environment.python(folder / "python")), "-m", "hypercorn", "ministack.app:app"]
    with (folder / "log").open("wb") as log:
        emulator = subprocess.Popen(
            [*command, "--bind", bind, "--workers", "0"], cwd=folder, env=settings, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        emulator.terminate()
        emulator.wait(30)
