"""A checkout in whatever folder, in whatever locale."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from infra.local.settings import CHECKOUT

PTH = Path(sysconfig.get_path("purelib")) / "_editable_impl_tidemark.pth"


class TestEnvironment:
    def test_finds_the_checkout_by_a_relative_path(self) -> None:
        line = PTH.read_text().strip()
        assert line.isascii()
        assert (PTH.parent / line).resolve() == CHECKOUT

    @pytest.mark.parametrize("locale", ["C", "POSIX", "xx_YY.UTF-8", "xx_YY"])
    def test_below_a_folder_with_other_letters(self, tmp_path: Path, locale: str) -> None:
        """The file that `make setup` wrote, in an environment that stands below such a folder."""
        checkout = tmp_path / "žluťoučký 銀行"
        venv.create(checkout / ".venv")
        (checkout / "tidemark_is_here.py").touch()
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages = checkout / ".venv" / "lib" / version / "site-packages"
        (packages / PTH.name).write_bytes(PTH.read_bytes())
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
        done = subprocess.run(
            [checkout / ".venv" / "bin" / "python", "-c", "import tidemark_is_here"],
            env={**environment, "LC_ALL": locale},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
