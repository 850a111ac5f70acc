"""Passing through closed folders, for one system user."""

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from infra.local.postgres import UNPRIVILEGED_USER, make_server_user
from infra.local.traverse import let_traverse

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")


def can(user: str, *command: str) -> bool:
    done = subprocess.run(
        command, user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[], check=False, capture_output=True
    )
    return done.returncode == 0


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    make_server_user()
    folder = tmp_path / "home" / "checkout"
    folder.mkdir(parents=True)
    (folder / "readable").touch(mode=0o644)
    folder.parent.chmod(0o700)
    return folder


class TestLetTraverse:
    def test_the_user_passes_but_lists_nothing(self, closed: Path) -> None:
        assert not can(UNPRIVILEGED_USER, "test", "-r", str(closed / "readable"))
        let_traverse(UNPRIVILEGED_USER, closed)
        assert can(UNPRIVILEGED_USER, "test", "-r", str(closed / "readable"))
        assert not can(UNPRIVILEGED_USER, "ls", str(closed.parent))

    def test_nobody_else_passes(self, closed: Path) -> None:
        let_traverse(UNPRIVILEGED_USER, closed)
        assert not can("nobody", "test", "-r", str(closed / "readable"))

    def test_again_after_a_chmod(self, closed: Path) -> None:
        let_traverse(UNPRIVILEGED_USER, closed)
        closed.parent.chmod(0o700)
        assert not can(UNPRIVILEGED_USER, "test", "-r", str(closed / "readable"))
        let_traverse(UNPRIVILEGED_USER, closed)
        assert can(UNPRIVILEGED_USER, "test", "-r", str(closed / "readable"))
