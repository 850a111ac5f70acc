"""The emulated API Gateway lets through what the real one does."""

import re

from infra.local.cloud.routes import PRIVATE, PUBLIC
from tests.cluster import REPOSITORY

TERRAFORM = REPOSITORY / "infra" / "aws" / "modules" / "gateway" / "main.tf"


class TestRoutes:
    def test_are_those_of_aws(self) -> None:
        public, private = TERRAFORM.read_text().partition("  private = {")[::2]
        private = private.partition("public_routes")[0]
        for text, routes in ((public, PUBLIC), (private, PRIVATE)):
            assert sorted(re.findall(r'"([A-Z]+ /[^"]+)"', text)) == sorted(sum(routes.values(), ()))
