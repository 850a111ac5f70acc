"""Settings: read once, strict, and never quoting a value."""

from dataclasses import FrozenInstanceError, dataclass

import pytest

from api.shared.settings import ServiceSettings, Settings, SettingsError

REQUIRED = {
    "TIDEMARK_DATABASE_URL": "postgresql://x:secret@h/d",
    "TIDEMARK_GATEWAY_URL": "http://gateway",
    "TIDEMARK_ISSUER": "http://gateway",
}


class TestFromEnv:
    def test_reads_and_converts(self) -> None:
        settings = ServiceSettings.read(
            REQUIRED | {"TIDEMARK_POOL_SIZE": "3", "TIDEMARK_PREPARED_STATEMENTS": "False"}
        )
        assert (settings.pool_size, settings.prepared_statements, settings.audience) == (3, False, "tidemark")

    def test_names_everything_that_is_missing(self) -> None:
        with pytest.raises(SettingsError) as refused:
            ServiceSettings.read({"TIDEMARK_ISSUER": ""})
        assert str(refused.value) == (
            "TIDEMARK_DATABASE_URL is not set; TIDEMARK_GATEWAY_URL is not set; TIDEMARK_ISSUER is not set"
        )

    @pytest.mark.parametrize(("name", "value"), [("POOL_SIZE", "ten-secret"), ("PREPARED_STATEMENTS", "secret")])
    def test_names_what_cannot_be_read_but_not_its_value(self, name: str, value: str) -> None:
        with pytest.raises(SettingsError) as refused:
            ServiceSettings.read(REQUIRED | {f"TIDEMARK_{name}": value})
        assert f"TIDEMARK_{name}" in str(refused.value)
        assert "secret" not in str(refused.value)

    def test_is_frozen(self) -> None:
        settings = ServiceSettings.read(REQUIRED)
        with pytest.raises(FrozenInstanceError):
            settings.issuer = "x"  # type: ignore[misc]

    def test_reads_the_process_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        @dataclass(frozen=True, kw_only=True)
        class Own(Settings):
            greeting: str = "hello"

        assert Own.read().greeting == "hello"
        monkeypatch.setenv("TIDEMARK_GREETING", "good day")
        assert Own.read().greeting == "good day"
