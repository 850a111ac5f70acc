"""Finds another version of Python on this machine, by its name on the PATH."""

import os
import shutil
import subprocess
import sys

_TELL = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"


def find_python(version: str) -> str | None:
    """The program of Python `version` (like 3.13), None when there is none that runs."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    program = shutil.which(f"python{version}")
    if program is None:
        return None
    # What pyenv puts on the PATH runs only the version that is chosen.
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYENV_VERSION": version}
    told = subprocess.run([program, "-c", _TELL], env=environment, capture_output=True, text=True, check=False)
    found, _, path = told.stdout.strip().partition(" ")
    return path if told.returncode == 0 and found == version else None
