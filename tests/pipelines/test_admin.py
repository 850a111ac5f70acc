"""`python -m pipelines.admin` and `python -m pipelines.manifest`."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import admin, manifest
from tests.pipelines.conftest import Bank

pytestmark = pytest.mark.slow


def run(*arguments: str) -> Result:
    return CliRunner().invoke(admin.main, arguments)


@pytest.fixture
def environment(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_SOURCE_URL", bank.source_url)
    monkeypatch.setenv("TIDEMARK_PUBLISH_URL", bank.publish_url)
    monkeypatch.setenv("TIDEMARK_WAREHOUSE_URL", bank.warehouse_url)


@pytest.mark.usefixtures("environment")
class TestPrepare:
    def test_makes_the_schemas_again_and_again(self, bank: Bank) -> None:
        assert [run("prepare").exit_code, run("prepare").exit_code] == [0, 0]
        assert bank.raw("select count(*) from raw.batch") == [(0,)]


@pytest.mark.usefixtures("environment")
class TestReload:
    def test_reads_everything_and_says_so(self, bank: Bank) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 5)
        done = run("reload", "--may-restate")
        assert done.exit_code == 0
        assert "Read 1 transactions and 1 accounts anew as batch 1." in done.stdout
        bank.assert_raw_equals_ledger()
        assert bank.raw("select batch_id, may_restate from pipeline.reload") == [(1, True)]


class TestMissingSettings:
    def test_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("TIDEMARK_SOURCE_URL", "TIDEMARK_PUBLISH_URL", "TIDEMARK_WAREHOUSE_URL"):
            monkeypatch.delenv(name, raising=False)
        done = run("prepare")
        assert done.exit_code == 1
        assert "TIDEMARK_WAREHOUSE_URL is not set" in done.stderr
        assert "Traceback" not in done.output


class TestManifest:
    def test_is_written_without_a_database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_DBT_TARGET", str(tmp_path / "target"))
        monkeypatch.delenv("TIDEMARK_WAREHOUSE_URL", raising=False)
        assert manifest.main() == 0
        assert (tmp_path / "target" / "manifest.json").exists()

    def test_unsound_project_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("TIDEMARK_DBT_PROJECT", str(tmp_path))
        monkeypatch.setenv("TIDEMARK_DBT_TARGET", str(tmp_path / "target"))
        assert manifest.main() == 1
        assert "can't be parsed" in capsys.readouterr().err
