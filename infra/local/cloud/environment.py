"""The emulator's own environment, in the versions and with the hashes of the lock beside this file."""

import subprocess
import sys
from pathlib import Path

from infra.local.errors import LocalError

LOCK = Path(__file__).with_name("requirements.lock")
UV = Path(sys.executable).parent / "uv"


def install(folder: Path) -> None:
    """Make the environment, or complete it: what is there already is not fetched again.

    Raises LocalError when this is no Linux, which Lambda's libraries are for, or when something can't be fetched.
    """
    if sys.platform != "linux":
        raise LocalError("--cloud runs the archives that AWS Lambda runs, and their libraries are Linux's.")
    _run("venv", "--allow-existing", "--python", sys.executable, str(folder))
    _run("pip", "sync", "--python", str(python(folder)), "--require-hashes", str(LOCK))


def python(folder: Path) -> Path:
    """The environment's Python, of the same version as this one."""
    return folder / "bin" / "python"


def _run(*arguments: str) -> None:
    done = subprocess.run(
        [str(UV), "--quiet", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LocalError(
            "The emulated API Gateway can't be installed. The first --cloud fetches it from the package index: is "
            f"that reached from here? `tidemark up` alone does not need it.\n{done.stderr.strip()}"
        )
