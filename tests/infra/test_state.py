"""The state folder, its secrets, and what people are told when it can't be used."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import main
from infra.local import state as state_module
from infra.local.databases import SUPERUSER
from infra.local.errors import LocalError
from infra.local.secrets import LATER_ENTRIES, Secrets
from infra.local.state import StateFolder


def tidemark(home: Path, *arguments: str, **settings: str) -> Result:
    environment = {"TIDEMARK_HOME": str(home), "TIDEMARK_TIME_ZONE": "", **settings}
    return CliRunner().invoke(main, arguments, env=environment)


def told(result: Result) -> str:
    """The one paragraph on standard error of a command that failed."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def made(tmp_path: Path) -> StateFolder:
    """A state folder after its first start, in the time zone Europe/Prague."""
    state = StateFolder(tmp_path / "bank")
    with state.open("Europe/Prague"):
        pass
    return state


class TestFirstStart:
    def test_makes_secrets_that_only_the_owner_reads(self, made: StateFolder) -> None:
        files = sorted(path.name for path in made.secrets.iterdir())
        assert files == ["databases.json", "master-key.json", "shared.json"]
        for path in (made.home, made.secrets, *made.secrets.iterdir()):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        key = json.loads((made.secrets / "master-key.json").read_text())
        assert list(key["keys"]) == [key["current"]]

    def test_one_that_was_cut_off_is_done_again(self, tmp_path: Path) -> None:
        state = StateFolder(tmp_path)
        Secrets.create(state.secrets)
        before = (state.secrets / "master-key.json").read_text()
        with state.open(None):
            assert (state.secrets / "master-key.json").read_text() == before

    def test_default_time_zone_is_utc(self, tmp_path: Path) -> None:
        state = StateFolder(tmp_path / "bank")
        with state.open(None):
            assert state.time_zone() == "UTC"

    def test_no_time_zone(self, tmp_path: Path) -> None:
        message = told(tidemark(tmp_path / "bank", "up", TIDEMARK_TIME_ZONE="Europe/Atlantis"))
        assert "'Europe/Atlantis', which is no time zone" in message
        assert not (tmp_path / "bank" / "version").exists()


class TestLaterStart:
    def test_keeps_secrets_and_time_zone(self, made: StateFolder) -> None:
        before = Secrets.read(made.secrets)
        with made.open(None):
            assert Secrets.read(made.secrets) == before
            assert made.time_zone() == "Europe/Prague"

    def test_another_time_zone_is_refused(self, made: StateFolder) -> None:
        message = told(tidemark(made.home, "up", TIDEMARK_TIME_ZONE="Asia/Tokyo"))
        assert "TIDEMARK_TIME_ZONE is Asia/Tokyo" in message
        assert "cut in Europe/Prague" in message
        assert made.time_zone() == "Europe/Prague"

    @pytest.mark.parametrize(
        ("layout", "age"), [("3", "a newer"), ("1", "an older"), ("what?", "an older or broken")]
    )
    def test_another_layout_is_refused(self, made: StateFolder, layout: str, age: str) -> None:
        (made.home / "version").write_text(layout)
        assert f"has layout '{layout}', made by {age}" in told(tidemark(made.home, "up"))
        assert (made.home / "version").read_text() == layout

    @pytest.mark.parametrize("name", ["databases.json", "master-key.json", "shared.json"])
    @pytest.mark.parametrize("content", [None, "", "{}", "[1]", "{broken"])
    def test_a_secret_that_is_missing_or_broken_is_named_and_not_made_anew(
        self, made: StateFolder, name: str, content: str | None
    ) -> None:
        path = made.secrets / name
        path.unlink() if content is None else path.write_text(content)
        assert f"{path} is missing or broken" in told(tidemark(made.home, "up"))
        assert (path.read_text() if path.exists() else None) == content

    @pytest.mark.parametrize(
        ("name", "entry"),
        [(name, entry) for name, entries in LATER_ENTRIES.items() for entry in entries],
    )
    def test_an_entry_that_an_earlier_version_did_not_have_is_added(
        self, made: StateFolder, name: str, entry: str
    ) -> None:
        path = made.secrets / name
        before = json.loads(path.read_text())
        older = {key: value for key, value in before.items() if key != entry}
        path.write_text(json.dumps(older))
        with made.open(None):
            after = json.loads(path.read_text())
        assert {key: value for key, value in after.items() if key != entry} == older
        assert len(after[entry]) >= 24
        assert after[entry] != before[entry]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with made.open(None):
            assert json.loads(path.read_text()) == after

    @pytest.mark.parametrize("entry", [SUPERUSER, "users_app"])
    def test_what_opens_the_databases_is_never_made_anew(self, made: StateFolder, entry: str) -> None:
        """The superuser's password stands in the cluster; an empty entry is damage, not an earlier version."""
        path = made.secrets / "databases.json"
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, entry: ""}))
        assert f"{path} is missing or broken ({entry})" in told(tidemark(made.home, "up"))
        path.write_text(json.dumps({key: value for key, value in content.items() if key != SUPERUSER}))
        assert f"{path} is missing or broken ({SUPERUSER})" in told(tidemark(made.home, "up"))

    @pytest.mark.parametrize("content", [None, "", "{}", '{"time_zone": "Nowhere/Else"}'])
    def test_broken_settings_are_named(self, made: StateFolder, content: str | None) -> None:
        path = made.home / "settings.json"
        path.unlink() if content is None else path.write_text(content)
        assert f"{path} is missing or broken" in told(tidemark(made.home, "up"))


class TestFolder:
    def test_second_up_is_refused(self, made: StateFolder) -> None:
        with made.open(None):
            assert made.is_locked
            message = told(tidemark(made.home, "up"))
        assert f"another `tidemark up` holds {made.home}" in message
        assert not made.is_locked

    def test_somebody_elses_folder_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "holiday.jpg").touch()
        message = told(tidemark(tmp_path, "up"))
        assert "is not a Tidemark state folder: it holds holiday.jpg" in message
        assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday.jpg", "lock"]

    def test_a_lost_version_file_never_begins_a_new_bank_over_the_old(self, made: StateFolder) -> None:
        made.postgres.mkdir()
        (made.home / "version").unlink()
        assert "it holds postgres but no version file" in told(tidemark(made.home, "up"))

    def test_a_file_instead_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "bank").touch()
        assert f"{tmp_path / 'bank'} can't be used" in told(tidemark(tmp_path / "bank", "up"))

    def test_not_writable(self, made: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "write_bytes", refuse)
        assert "can't be used: Permission denied" in told(tidemark(made.home, "up"))

    def test_no_space(self, made: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = shutil.disk_usage(made.home)._replace(free=900 << 20)
        monkeypatch.setattr(state_module.shutil, "disk_usage", lambda _: usage)
        message = told(tidemark(made.home, "up"))
        assert "Only 900 MiB are free" in message
        assert "needs 1024 MiB" in message

    def test_disk_entirely_full(self, made: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> int:
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(Path, "write_bytes", refuse)
        assert "MiB are free on the disk" in told(tidemark(made.home, "up"))


class TestNoBank:
    @pytest.mark.parametrize(
        "command",
        [
            ("stats", "run"),
            ("staff", "add", "--email", "a@example.com", "--name", "A"),
            ("import", "{csv}", "{csv}"),
        ],
    )
    def test_commands_that_need_a_running_bank_say_so(
        self, made: StateFolder, tmp_path: Path, command: tuple[str, ...]
    ) -> None:
        csv = tmp_path / "some.csv"
        csv.touch()
        message = told(tidemark(made.home, *(word.format(csv=csv) for word in command)))
        assert f"No bank is running in {made.home}" in message

    def test_status_of_a_bank_that_is_not_running(self, made: StateFolder) -> None:
        result = tidemark(made.home, "status", "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout) == {
            "home": str(made.home),
            "is_up": False,
            "parts": [],
            "is_disk_full": False,
            "is_healthy": False,
            "memory_bytes": 0,
        }

    def test_status_where_there_is_no_bank(self, tmp_path: Path) -> None:
        assert "There is no bank in" in told(tidemark(tmp_path / "bank", "status"))

    def test_secrets_are_read_only_by_name(self, made: StateFolder) -> None:
        secrets = Secrets.read(made.secrets)
        assert secrets.databases["warehouse"] not in repr(secrets)
        with pytest.raises(LocalError):
            Secrets.read(made.home)
