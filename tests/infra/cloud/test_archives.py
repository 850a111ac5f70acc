"""Archives are built when what they are made of has changed, and only then."""

from pathlib import Path

import pytest

from infra.local.cloud import archives


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    for name in ("api/users/app.py", "api/users/words.gz", "infra/package/archive.py", "requirements.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1")
    return folder


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which ones were built, in order."""
    names: list[str] = []

    def build(name: str, target: object, checkout: Path, work: Path, output: Path) -> None:
        (work / "half").write_text("half")
        (output / f"{name}.zip").write_text("archive")
        names.append(name)

    monkeypatch.setattr(archives, "build", build)
    return names


class TestArchive:
    def test_once(self, checkout: Path, built: list[str], tmp_path: Path) -> None:
        for _ in range(2):
            assert archives.archive("users", tmp_path / "made", checkout).read_text() == "archive"
        assert built == ["users"]
        assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["users.made-of", "users.zip"]

    @pytest.mark.parametrize("changed", ["api/users/words.gz", "api/users/new.py", "requirements.lock"])
    def test_again_after_a_change(self, checkout: Path, built: list[str], tmp_path: Path, changed: str) -> None:
        archives.archive("users", tmp_path / "made", checkout)
        (checkout / changed).write_text("2")
        archives.archive("users", tmp_path / "made", checkout)
        assert built == ["users", "users"]

    def test_again_when_it_is_gone(self, checkout: Path, built: list[str], tmp_path: Path) -> None:
        archives.archive("users", tmp_path / "made", checkout).unlink()
        archives.archive("users", tmp_path / "made", checkout)
        assert built == ["users", "users"]
