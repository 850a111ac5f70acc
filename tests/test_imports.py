"""The import contract covers all there is; `make check` checks it."""

import tomllib

from tests.cluster import REPOSITORY


class TestImportContract:
    def test_every_service_and_folder_is_under_it(self) -> None:
        contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
        services = {f"api.{path.parent.name}" for path in (REPOSITORY / "api").glob("*/__init__.py")}
        modules = [set(contract.get("modules", ())) for contract in contracts]
        assert services - {"api.shared"} in modules
        assert {"ui", "pipelines", "infra"} in modules
