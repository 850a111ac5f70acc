"""What `--cloud` can't be combined with."""

import os
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.errors import LocalError
from infra.local.up import up

pytestmark = pytest.mark.slow


class TestUp:
    @pytest.mark.parametrize(
        ("setting", "is_automatic", "named"),
        [("AWS_ENDPOINT_URL", False, "AWS_ENDPOINT_URL"), ("TIDEMARK_UNUSED", True, "--autoscale")],
    )
    def test_refuses(self, tmp_path: Path, setting: str, is_automatic: bool, named: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "TIDEMARK_HOME": str(tmp_path / "bank"),
            "TIDEMARK_CLOUD": "true",
            setting: "http://127.0.0.1:1",
        }
        with pytest.raises(LocalError, match=named):
            up(
                environment,
                has_app=False,
                has_pipeline=False,
                is_automatic=is_automatic,
                console=Console(quiet=True),
            )
