"""The Terraform configuration is well-formed; what it says is in test_plan.py."""

import pytest

from tests.infra.aws.terraform import Terraform

pytestmark = pytest.mark.slow


class TestConfiguration:
    def test_it_is_formatted(self, configuration: Terraform) -> None:
        assert configuration.run("fmt", "-check", "-recursive", "-no-color") == ""

    def test_it_is_valid(self, configuration: Terraform) -> None:
        assert "The configuration is valid." in configuration.run("validate", "-no-color")
