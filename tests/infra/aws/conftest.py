from collections.abc import Mapping

import pytest

from tests.infra.aws.terraform import Plan, Terraform, terraform


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory, aws: Mapping[str, str]) -> Terraform:
    """Initialised once for all tests."""
    return terraform(tmp_path_factory.mktemp("terraform"), aws)


@pytest.fixture(scope="session", params=["dev", "prod"])
def plan(configuration: Terraform, request: pytest.FixtureRequest) -> Plan:
    """What an empty account would get, for each environment."""
    return configuration.plan(request.param, request.param)
