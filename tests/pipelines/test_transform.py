"""Transform: what is built anew, what only takes in what is new, and what stops it."""

import os
from pathlib import Path

import pytest

from pipelines.settings import CHECKOUT, NOWHERE
from pipelines.transform.errors import TransformError
from pipelines.transform.fingerprint import fingerprints
from pipelines.transform.project import Project, environment
from pipelines.transform.results import NodeResult
from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import later
from tests.pipelines.projects import add_statistic, copy_project
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project, to be edited."""
    return copy_project(tmp_path)


@pytest.fixture
def editable(bank: Bank, project: Path, tmp_path: Path) -> Steps:
    """The steps on a fresh bank with the project's copy."""
    return Steps(bank.databases, tmp_path / "dbt", project)


def rebuilt(results: list[NodeResult]) -> set[str]:
    return {result.name for result in results if result.is_rebuilt}


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


class TestBuild:
    def test_changed_model_is_built_anew_and_a_broken_one_stops_the_rest(
        self, bank: Bank, editable: Steps, project: Path
    ) -> None:
        account = bank.ledger.open_account()
        bank.ledger.deposit(account, 10, at=later(days=1))
        editable.extract()
        first = editable.build()
        models = {result.name for result in first if not result.is_test}
        assert rebuilt(first) == models
        assert all(result.is_good for result in first)
        assert rebuilt(editable.build()) == set()

        # An analyst's new column, with its words, and nothing else.
        weekly = project / "models" / "marts" / "stats_weekly.sql"
        replace(weekly, "select\n", "select\n    count(*) filter (where amount > 5) as big_count,\n")
        described = project / "models" / "marts" / "_stats.yml"
        head, tail = described.read_text().split("  - name: stats_weekly", 1)
        column = (
            "      - name: big_count\n        data_type: bigint\n        description: Big ones.\n"
            "        config: {meta: {metric: {label: Big, unit: count, idle: zero, version: 1}}}\n"
        )
        tail = tail.replace("    columns:\n", "    columns:\n" + column, 1)
        described.write_text(f"{head}  - name: stats_weekly{tail}")
        assert rebuilt(editable.build()) == {"stats_weekly", "metric_catalog"}
        assert bank.raw("select big_count from marts.stats_weekly") == [(1,)]

        replace(weekly, "select\n", "select no_such_column,\n")
        with pytest.raises(TransformError, match=r"(?s)stats_weekly.*no_such_column"):
            editable.build()
        assert bank.raw("select big_count from marts.stats_weekly") == [(1,)]

    def test_other_time_zone_builds_everything_anew(self, bank: Bank, editable: Steps) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 10, at=later(hours=14.5))
        editable.extract()
        editable.build()
        elsewhere = Steps(bank.databases, editable.target, editable.project, "Europe/Prague")

        assert "stats_daily" in rebuilt(elsewhere.build())
        assert bank.raw("select period_start::text from marts.stats_daily") == [("2024-03-05",)]

    def test_seed_is_loaded_before_its_models_and_again_when_it_changes(
        self, bank: Bank, editable: Steps, project: Path
    ) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 10, at=later(days=1))
        (project / "seeds").mkdir(exist_ok=True)
        seed = project / "seeds" / "holidays.csv"
        seed.write_text("day,name\n2024-03-05,A\n2024-03-06,B\n")
        (project / "models" / "intermediate" / "int_holidays.sql").write_text(
            "select count(*) as days from {{ ref('holidays') }}"
        )
        editable.extract()
        assert {"holidays", "int_holidays"} <= rebuilt(editable.build())
        assert bank.raw("select days from intermediate.int_holidays") == [(2,)]
        assert rebuilt(editable.build()) == set()

        seed.write_text("day,name\n2024-03-05,A\n")
        assert rebuilt(editable.build()) == {"holidays", "int_holidays"}
        assert bank.raw("select days from intermediate.int_holidays") == [(1,)]

    def test_statistic_that_readers_cannot_be_shown_is_refused(self, editable: Steps, project: Path) -> None:
        described, before = project / "models" / "marts" / "_stats.yml", "bigint"
        add_statistic(project, "null", before)
        editable.extract()
        for data_type in ("date", "text", "boolean", "numeric(18,2)"):
            replace(
                described,
                f"- name: own\n        data_type: {before}",
                f"- name: own\n        data_type: {data_type}",
            )
            with pytest.raises(
                TransformError, match=r"stats_daily\.own is published.*readers can't be shown " + data_type[:4]
            ):
                editable.build()
            before = data_type

    def test_figure_of_the_bank_that_readers_cannot_be_shown_is_refused(
        self, editable: Steps, project: Path
    ) -> None:
        replace(
            project / "models" / "marts" / "_bank.yml",
            "deposits\n        data_type: bigint",
            "deposits\n        data_type: text",
        )
        editable.extract()
        with pytest.raises(TransformError, match=r"bank_daily\.deposits is published"):
            editable.build()

    def test_snapshot_is_refused(self, editable: Steps, project: Path) -> None:
        (project / "snapshots").mkdir()
        (project / "snapshots" / "kept.sql").write_text(
            "{% snapshot kept %}"
            "{{ config(schema='kept', unique_key='account_id', strategy='check', check_cols='all') }}"
            "select * from {{ ref('accounts') }}{% endsnapshot %}"
        )
        editable.extract()
        with pytest.raises(TransformError, match="snapshot kept: production builds models and seeds only"):
            editable.build()


class TestFingerprint:
    def test_follows_macros_configuration_and_parents(self, project: Path, tmp_path: Path) -> None:
        parsed = Project(project, tmp_path / "dbt")
        before = fingerprints(parsed.parse(), {})

        def changed() -> set[str]:
            now = fingerprints(parsed.parse(), {})
            return {name for name, value in now.items() if before[name] != value}

        assert changed() == set()
        replace(project / "macros" / "rounded_ratio.sql", "div(", "div( ")
        assert changed() == {"stats_daily", "stats_weekly", "stats_monthly", "metric_catalog"}
        replace(project / "models" / "staging" / "stg_ledger__accounts.sql", "select", "select ")
        assert changed() >= {"stg_ledger__accounts", "accounts", "bank_daily", "stats_daily"}
        assert "stg_ledger__batches" not in changed()

    def test_words_do_not_count(self, project: Path, tmp_path: Path) -> None:
        parsed = Project(project, tmp_path / "dbt")
        before = fingerprints(parsed.parse(), {})
        replace(project / "models" / "marts" / "_stats.yml", "Sum of the positive amounts.", "What came in.")
        assert fingerprints(parsed.parse(), {}) == before

    def test_variables_count(self, dbt_target: Path) -> None:
        manifest = Project(CHECKOUT / "warehouse", dbt_target).parse()
        one, other = fingerprints(manifest, {"zone": "UTC"}), fingerprints(manifest, {"zone": "Europe/Prague"})
        assert all(one[name] != other[name] for name in one)


class TestProject:
    def test_unsound_project_says_what_is_wrong(self, project: Path, tmp_path: Path) -> None:
        replace(
            project / "models" / "marts" / "accounts.sql", "{{ ref('stg_ledger__accounts') }}", "{{ ref('x') }}"
        )
        with pytest.raises(TransformError, match="'x'"):
            Project(project, tmp_path / "dbt").parse()

    def test_password_is_in_no_artefact_and_leaves_the_environment(self, tmp_path: Path) -> None:
        target = tmp_path / "dbt"
        url = "postgresql://warehouse:tell-nobody@127.0.0.1:1/warehouse"
        Project(CHECKOUT / "warehouse", target).parse(url, write_manifest=True)
        files = [file for file in target.rglob("*") if file.is_file()]
        assert len(files) >= 2
        assert not [file for file in files if b"tell-nobody" in file.read_bytes()]
        assert "DBT_ENV_SECRET_WAREHOUSE_PASSWORD" not in os.environ

    def test_environment_is_put_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_WAREHOUSE_HOST", "before")
        with environment(NOWHERE):
            assert os.environ["TIDEMARK_WAREHOUSE_HOST"] == "127.0.0.1"
        assert os.environ["TIDEMARK_WAREHOUSE_HOST"] == "before"
