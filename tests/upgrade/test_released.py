"""What was released is not edited."""

from pathlib import Path

from tests.upgrade.released import digests, edited, recorded


class TestVersions:
    def test_no_released_version_was_edited(self) -> None:
        assert len(recorded()) >= 4
        assert edited(recorded(), digests()) == []

    def test_an_edit_and_a_removal_are_found_and_a_new_version_is_none(self, tmp_path: Path) -> None:
        versions = tmp_path / "api" / "things" / "migrations" / "versions"
        versions.mkdir(parents=True)
        for name in ("0001_baseline.py", "0002_edited.py", "0003_removed.py"):
            (versions / name).write_text("as released")
        released = digests(tmp_path)
        (versions / "0002_edited.py").write_text("edited")
        (versions / "0003_removed.py").unlink()
        (versions / "0004_new.py").write_text("new")
        folder = "api/things/migrations/versions"
        assert edited(released, digests(tmp_path)) == [f"{folder}/0002_edited.py", f"{folder}/0003_removed.py"]
