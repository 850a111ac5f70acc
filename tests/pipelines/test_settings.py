"""Settings: defaults, and messages that name what is wrong."""

from pathlib import Path

import pytest

from pipelines.settings import CHECKOUT, Databases, Settings, SettingsError

URLS = {
    "TIDEMARK_SOURCE_URL": "postgresql://extractor:secret@h/bank",
    "TIDEMARK_PUBLISH_URL": "postgresql://publisher:secret@h/bank",
    "TIDEMARK_WAREHOUSE_URL": "postgresql://warehouse:secret@h/warehouse",
}


class TestSettings:
    def test_defaults(self) -> None:
        settings = Settings.read({})
        assert settings == Settings("UTC", "* * * * *", CHECKOUT / "warehouse", CHECKOUT / ".tidemark" / "dbt")

    def test_target_lies_in_the_home(self) -> None:
        assert Settings.read({"TIDEMARK_HOME": "/somewhere"}).dbt_target == Path("/somewhere/dbt")
        assert Settings.read({"TIDEMARK_DBT_TARGET": "/else"}).dbt_target == Path("/else")

    @pytest.mark.parametrize("zone", ["Nowhere/City", "../etc/passwd", " "])
    def test_unknown_time_zone(self, zone: str) -> None:
        with pytest.raises(SettingsError, match="TIDEMARK_TIME_ZONE"):
            Settings.read({"TIDEMARK_TIME_ZONE": zone})


class TestDatabases:
    def test_reads_all_and_shows_none(self) -> None:
        databases = Databases.read(URLS)
        assert databases.warehouse_url == URLS["TIDEMARK_WAREHOUSE_URL"]
        assert "secret" not in repr(databases)

    def test_names_what_is_missing(self) -> None:
        with pytest.raises(SettingsError, match=r"TIDEMARK_SOURCE_URL, TIDEMARK_PUBLISH_URL$"):
            Databases.read({"TIDEMARK_WAREHOUSE_URL": "x"})
