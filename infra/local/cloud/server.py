"""Runs the emulator, deploys the bank into it, and ends when it does: it keeps nothing over a restart.

Run as `python -m infra.local.cloud.server --folder FOLDER --socket SOCKET`; FOLDER has the emulator's environment
and the deployment.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import httpx
import msgspec

from infra.local.cloud.calls import EmulatedAws
from infra.local.cloud.deployment import HEALTH_PATH, Deployment, deploy
from infra.local.cloud.environment import python
from infra.local.cloud.function_logs import take_lines

ANSWERS_WITHIN_S = 60.0
POLL_S = 0.1
LOGS_EVERY_S = 1.0
# No listeners of its own besides the socket, and nothing that writes outside of the folder.
SETTINGS = {
    "SERVICES": "lambda,apigateway,logs,iam,sts",
    "LAMBDA_EXECUTOR": "local",
    "LAMBDA_WARM_TTL_SECONDS": "3600",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
}


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True)
@click.option("--socket", type=click.Path(path_type=Path), required=True)
def main(folder: Path, socket: Path) -> None:
    """Run the emulator until it ends."""
    deployment = msgspec.json.decode((folder / "deployment.json").read_bytes(), type=Deployment)
    # Where functions are unpacked; the last ones may lie there, when they were killed.
    unpacked = folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(mode=0o700)
    # Callers find nobody until all is deployed: before that the emulator knows no route, and 404 is an answer.
    socket.unlink(missing_ok=True)
    hidden = socket.with_suffix(".new")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    emulator = subprocess.Popen(
        [
            str(python(folder / "python")),
            *("-m", "hypercorn", "ministack.app:app", "--bind", f"unix:{hidden}"),
            *("--workers", "0", "--keep-alive", "75", "--log-level", "WARNING"),
        ],
        cwd=unpacked,
        env=os.environ
        | SETTINGS
        | {
            "TMPDIR": str(unpacked),
            "MINISTACK_ACCOUNT_ID": deployment.account,
            "MINISTACK_REGION": deployment.region,
        },
    )
    try:
        with EmulatedAws(hidden, deployment.account, deployment.region) as aws:
            _wait(aws, emulator)
            deploy(deployment, aws)
        hidden.rename(socket)
        print(f"deployed: {', '.join(deployment.functions)}", flush=True)
        with EmulatedAws(socket, deployment.account, deployment.region) as aws:
            _follow(aws, emulator, deployment)
        sys.exit(emulator.wait())
    finally:
        emulator.terminate()
        emulator.wait()
        shutil.rmtree(unpacked, ignore_errors=True)


def _wait(aws: EmulatedAws, emulator: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while not aws.answers(HEALTH_PATH):
        if emulator.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the emulated API Gateway does not answer")
        time.sleep(POLL_S)


def _follow(aws: EmulatedAws, emulator: "subprocess.Popen[bytes]", deployment: Deployment) -> None:
    """Print what functions log, until the emulator ends."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            emulator.wait(LOGS_EVERY_S)
            return
        with contextlib.suppress(httpx.TransportError):
            for line in take_lines(aws, deployment.functions):
                print(line, flush=True)


if __name__ == "__main__":
    main()
