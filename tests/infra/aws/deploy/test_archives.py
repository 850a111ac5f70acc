"""Archives of another state of the checkout are not deployed."""

import os
from pathlib import Path

import pytest

from infra.aws.deploy.archives import require_fresh
from infra.local.errors import LocalError

OLD, NEW, LATER = 1_000, 2_000, 3_000


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A service that imports a module, which has a file beside it; archives newer than all of it."""
    for name, text in {
        "api/users/handler.py": "from api.users import service",
        "api/users/service.py": "",
        "api/users/tables.sql": "",
        "api/users/README.md": "",
        "infra/package/archive.py": "",
        "requirements.lock": "",
        "dist/users.zip": "",
        "ui/page.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, times=(OLD, NEW if name.startswith("dist") else OLD))
    return tmp_path


class TestRequireFresh:
    def test_newer_archives_are_taken(self, checkout: Path) -> None:
        require_fresh(checkout / "dist", checkout)

    @pytest.mark.parametrize(
        "source",
        ["api/users/service.py", "api/users/tables.sql", "requirements.lock", "infra/package/archive.py"],
    )
    def test_an_archive_older_than_a_source_is_refused(self, checkout: Path, source: str) -> None:
        os.utime(checkout / source, times=(OLD, LATER))
        with pytest.raises(LocalError) as refused:
            require_fresh(checkout / "dist", checkout)
        assert f"users.zip is older than {source}" in str(refused.value)
        assert 'make package ARGS="--architecture arm64"' in str(refused.value)

    @pytest.mark.parametrize("other", ["ui/page.py", "api/users/README.md"])
    def test_what_is_not_in_it_may_be_newer(self, checkout: Path, other: str) -> None:
        os.utime(checkout / other, times=(OLD, LATER))
        require_fresh(checkout / "dist", checkout)

    def test_a_missing_archive_is_refused(self, checkout: Path) -> None:
        (checkout / "dist" / "users.zip").unlink()
        with pytest.raises(LocalError, match=r"users\.zip is missing"):
            require_fresh(checkout / "dist", checkout)
