"""The dbt project's documentation as a web page: a part of the bank that makes it when needed and serves it.

Making it takes some seconds of CPU, so it happens beside the bank's start, with low priority, once the marts have
been built, and again only when the project has changed. Meanwhile the address answers with a page that says so.
Run as `python -m infra.local.docs --port N --folder F --project P`, in an analyst's environment.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import click

from infra.local.guard import Guard, GuardSettings
from infra.local.ports import LOOPBACK

HEALTH_PATH = "/health"
PAGE = "index.html"
STAMP = "made-from"
CHECK_EVERY_S = 15.0
# A project that is being edited, and the marts it describes, are given time to settle.
QUIET_S = 75.0
RETRY_AFTER_S = 300.0
# dbt writes these beside a project.
LEFTOVERS = {"target", "logs", "dbt_packages"}
# The page carries all it needs; nothing of it may speak to anyone, the tracking that dbt builds in included.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NO_HEADERS: Mapping[str, str] = {}
WAITING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tidemark: dbt documentation</title>
<meta http-equiv="refresh" content="5"><style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem;
margin: 20vh auto; padding: 0 1.5rem; color: #16324f }}</style></head>
<body><h1>dbt documentation</h1><p>{text}</p></body></html>
"""
BEING_MADE = (
    "It is being made: after the first statistics of this bank, within two minutes. This page shows it then."
)
FAILED = "It could not be made. The log <code>docs.log</code> says why; it is tried again in some minutes."


def fingerprint(project: Path) -> str:
    """What a documentation depends on, in short: every file of the project, and dbt's version."""
    digest = sha256(version("dbt-core").encode())
    for path in _files(project):
        digest.update(f"\0{path.relative_to(project)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class Documentation:
    """The page in `folder`, kept equal to the project. `maker` is the command that writes it there."""

    def __init__(self, folder: Path, project: Path, maker: list[str]) -> None:
        self._folder = folder
        self._project = project
        self._maker = maker
        self.has_failed = False

    @property
    def made_from(self) -> str:
        """The fingerprint that the page was made from; empty when there is none."""
        try:
            return (self._folder / STAMP).read_text()
        except FileNotFoundError:
            return ""

    def page(self) -> str:
        """What to show now."""
        try:
            return (self._folder / PAGE).read_text()
        except FileNotFoundError:
            return WAITING.format(text=FAILED if self.has_failed else BEING_MADE)

    def keep(self) -> None:
        """Make the page whenever the project is not the one that it was made from. Never returns."""
        while True:
            pause_s = CHECK_EVERY_S
            try:
                if self.update():
                    pause_s = RETRY_AFTER_S
            except OSError as error:
                # A file may go while it is read: people edit the project.
                print(error, file=sys.stderr)
            time.sleep(pause_s)

    def update(self) -> bool:
        """Make the page if that is needed; whether that failed."""
        wanted = fingerprint(self._project)
        if wanted == self.made_from:
            return False
        is_settled = max(path.stat().st_mtime for path in _files(self._project)) < time.time() - QUIET_S
        if self.made_from and not is_settled:
            return False
        self.has_failed = subprocess.run(self._maker, check=False).returncode != 0
        if not self.has_failed:
            (self._folder / STAMP).write_text(wanted)
        return self.has_failed


def server(documentation: Documentation, port: int, guard: Guard) -> ThreadingHTTPServer:
    """A server of the page on loopback, ready to serve."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            if refusal := guard.refusal(self.command, self.path, headers):
                self._answer(HTTPStatus(refusal.status), "text/plain", f"{refusal.reason}\n", refusal.headers)
            elif path == HEALTH_PATH:
                self._answer(HTTPStatus.OK, "text/plain", "ok\n")
            elif path in ("/", f"/{PAGE}"):
                self._answer(HTTPStatus.OK, "text/html", documentation.page())
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is one page here: /\n")

        do_HEAD = do_GET  # noqa: N815 - the names that http.server calls

        def _answer(
            self, status: HTTPStatus, kind: str, text: str, headers: Mapping[str, str] = NO_HEADERS
        ) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Cache-Control", "no-cache")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are not logged: the supervisor's alone are one a moment."""

    return ThreadingHTTPServer((LOOPBACK, port), Handler)


def _files(project: Path) -> list[Path]:
    return sorted(
        path
        for path in project.rglob("*")
        if path.is_file() and path.relative_to(project).parts[0] not in LEFTOVERS
    )


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True)
@click.option("--project", type=click.Path(path_type=Path), required=True)
def main(port: int, folder: Path, project: Path) -> None:
    """Serve the documentation of PROJECT, kept in FOLDER, until the process is ended."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    maker = [sys.executable, "-m", "infra.local.docs_page", str(folder), str(project)]
    documentation = Documentation(folder, project, maker)
    with server(documentation, port, Guard(GuardSettings.read().operator_password)) as listening:
        threading.Thread(target=documentation.keep, daemon=True).start()
        listening.serve_forever()


if __name__ == "__main__":
    main()
