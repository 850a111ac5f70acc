"""The dbt documentation as a part of the bank: made once, again for another project, served before it is there."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.docs import BEING_MADE, FAILED, PAGE, Documentation, fingerprint, server
from infra.local.guard import Guard


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one file, as old as a checkout's."""
    folder = tmp_path / "warehouse"
    (folder / "models").mkdir(parents=True)
    edit(folder, "select 1")
    return folder


@pytest.fixture
def documentation(tmp_path: Path, project: Path) -> Documentation:
    """Made by a command that counts its calls in the page, and fails while there is a file `broken`."""
    folder = tmp_path / "docs"
    folder.mkdir()
    script = (
        "import sys, pathlib; folder = pathlib.Path(sys.argv[1]); page = folder / sys.argv[2];"
        "(folder / 'broken').exists() and sys.exit(1);"
        "page.write_text((page.read_text() if page.exists() else '') + 'made ')"
    )
    return Documentation(folder, project, [sys.executable, "-c", script, str(folder), PAGE])


@pytest.fixture
def client(documentation: Documentation) -> Iterator[httpx.Client]:
    """A browser at the documentation's address."""
    with server(documentation, 0, Guard()) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.server_port}") as client:
            yield client
        listening.shutdown()
        thread.join()


def edit(project: Path, sql: str, seconds_ago: float = 1000) -> None:
    model = project / "models" / "a.sql"
    model.write_text(sql)
    at = model.stat().st_mtime - seconds_ago
    os.utime(model, (at, at))


class TestUpdate:
    def test_made_once_and_again_when_the_project_has_changed(
        self, documentation: Documentation, project: Path
    ) -> None:
        assert documentation.update() is False
        assert documentation.update() is False
        assert documentation.page() == "made "
        edit(project, "select 2")
        documentation.update()
        assert documentation.page() == "made made "

    def test_a_project_at_work_is_left_to_settle(self, documentation: Documentation, project: Path) -> None:
        documentation.update()
        edit(project, "select 2", seconds_ago=0)
        documentation.update()
        assert documentation.page() == "made "

    def test_a_failure_is_shown_and_tried_again(self, documentation: Documentation, tmp_path: Path) -> None:
        (tmp_path / "docs" / "broken").touch()
        assert documentation.update() is True
        assert FAILED in documentation.page()
        (tmp_path / "docs" / "broken").unlink()
        assert documentation.update() is False
        assert documentation.page() == "made "

    def test_what_dbt_leaves_beside_a_project_is_not_the_project(self, project: Path) -> None:
        before = fingerprint(project)
        (project / "target").mkdir()
        (project / "target" / "manifest.json").touch()
        assert fingerprint(project) == before
        (project / "models" / "b.sql").touch()
        assert fingerprint(project) != before


class TestServer:
    def test_is_healthy_and_says_so_before_there_is_a_page(self, client: httpx.Client) -> None:
        assert client.get("/health").status_code == 200
        answer = client.get("/")
        assert answer.status_code == 200
        assert BEING_MADE in answer.text

    def test_serves_a_page_that_may_load_nothing(self, client: httpx.Client, documentation: Documentation) -> None:
        documentation.update()
        answer = client.get("/index.html")
        assert (answer.status_code, answer.text) == (200, "made ")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none';")
        head = client.head("/")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == "5"

    def test_nothing_else_is_there(self, client: httpx.Client) -> None:
        assert client.get("/made-from").status_code == 404
        assert client.get("/../made-from").status_code == 404
