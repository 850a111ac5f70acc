"""Where the emulator comes from."""

from pathlib import Path

import pytest

from infra.local.cloud import environment
from infra.local.errors import LocalError


class TestInstall:
    def test_a_registry_that_is_out_of_reach(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        with pytest.raises(LocalError, match=r"package index.*`tidemark up` alone does not need it"):
            environment.install(tmp_path / "python")

    def test_another_system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.platform", "darwin")
        with pytest.raises(LocalError, match="Linux"):
            environment.install(tmp_path)

    def test_the_lock_has_names_versions_and_hashes_alone(self) -> None:
        lines = environment.LOCK.read_text().splitlines()
        assert any(line.startswith("ministack==") for line in lines)
        assert all("==" in line or line.startswith("    --hash=sha256:") for line in lines)
        assert "://" not in environment.LOCK.read_text()
