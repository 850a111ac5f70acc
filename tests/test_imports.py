"""The import contract covers all there is; `make check` checks it."""

import tomllib

from tests.cluster import REPOSITORY


class TestImportContract:
    def test_every_service_and_folder_is_under_it(self) -> None:
        contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
        independent = {
            module
            for contract in contracts
            if contract["type"] == "independence"
            for module in contract["modules"]
        }
        assert independent == {"api.*", "ui", "pipelines", "infra"}
