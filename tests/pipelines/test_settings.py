"""PipelineSettings: defaults, and messages that name what is wrong."""

from pathlib import Path

import pytest

from api.shared.settings import SettingsError
from pipelines.settings import CHECKOUT, Databases, PipelineSettings

URLS = {
    "TIDEMARK_SOURCE_URL": "postgresql://extractor:secret@h/bank",
    "TIDEMARK_PUBLISH_URL": "postgresql://publisher:secret@h/bank",
    "TIDEMARK_WAREHOUSE_URL": "postgresql://warehouse:secret@h/warehouse",
}


class TestSettings:
    def test_defaults(self) -> None:
        settings = PipelineSettings.read({})
        assert settings == PipelineSettings()
        assert settings.dbt_project == CHECKOUT / "warehouse"
        assert settings.target == CHECKOUT / ".tidemark" / "dbt"

    def test_target_lies_in_the_home(self) -> None:
        assert PipelineSettings.read({"TIDEMARK_HOME": "/somewhere"}).target == Path("/somewhere/dbt")
        assert PipelineSettings.read({"TIDEMARK_DBT_TARGET": "/else"}).target == Path("/else")

    @pytest.mark.parametrize("zone", ["Nowhere/City", "../etc/passwd", " "])
    def test_unknown_time_zone(self, zone: str) -> None:
        with pytest.raises(SettingsError, match="TIDEMARK_TIME_ZONE"):
            PipelineSettings.read({"TIDEMARK_TIME_ZONE": zone})


class TestDatabases:
    def test_reads_all_and_shows_none(self) -> None:
        databases = Databases.read(URLS)
        assert databases.warehouse_url == URLS["TIDEMARK_WAREHOUSE_URL"]
        assert "secret" not in repr(databases)

    def test_names_what_is_missing(self) -> None:
        with pytest.raises(
            SettingsError, match=r"^TIDEMARK_SOURCE_URL is not set; TIDEMARK_PUBLISH_URL is not set$"
        ):
            Databases.read({"TIDEMARK_WAREHOUSE_URL": "x"})
