"""Applied to an emulated AWS, once: everything is made, a second plan finds it so, and destroy takes it away."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest

from infra.aws.deploy.terraform import OUTPUTS
from infra.local.services import SERVICES
from tests.infra.aws.emulator_repairs import repair
from tests.infra.aws.terraform import Plan, Terraform, terraform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

# What moto forgets, by resource: the attributes that a second plan would change. AWS keeps them all.
DRIFT: Mapping[str, set[str]] = {
    "module.app.aws_appautoscaling_target.app": {"tags_all"},
    "module.services.aws_appautoscaling_target.warm": {"tags_all"},
    "module.watch.aws_budgets_budget.month": {"tags_all"},
    "module.app.aws_ecs_service.app": {"availability_zone_rebalancing", "health_check_grace_period_seconds"},
    "module.pipeline.aws_ecs_service.dagster": {"availability_zone_rebalancing", "enable_execute_command"},
    # It invents one of Serverless v1.
    "module.data.aws_rds_cluster.this": {"scaling_configuration"},
    "module.data.aws_rds_cluster_instance.this": {
        "performance_insights_enabled",
        "performance_insights_kms_key_id",
    },
    # It adds what was not asked for, and loses which function is called.
    "module.edge.aws_cloudfront_distribution.site": {
        "default_cache_behavior",
        "ordered_cache_behavior",
        "viewer_certificate",
    },
    "module.functions.aws_lambda_function.function": {"dead_letter_config", "logging_config"},
    # A version follows from each change; the alias stays where `tidemark deploy` put it.
    "module.services.aws_lambda_function.service": {
        *("logging_config", "version", "qualified_arn", "qualified_invoke_arn")
    },
    "module.network.aws_vpc_security_group_egress_rule.flow": {"description"},
    "module.network.aws_vpc_security_group_egress_rule.gateway": {"description"},
    "module.network.aws_vpc_security_group_ingress_rule.flow": {"description"},
    "module.network.aws_vpc_security_group_ingress_rule.cloudfront": {"description"},
}
OPTIONS = (
    "-auto-approve",
    "-input=false",
    "-no-color",
    "-parallelism=20",
    "-var-file=environments/dev.tfvars",
)
# All that know the edge's secret.
OF_THE_EDGE = (
    "module.keys",
    "module.services.aws_lambda_function.service",
    "module.app.aws_lb_listener_rule.edge",
    "module.edge.aws_cloudfront_distribution.site",
)
# It wants a value that `prepare` makes up, runs no function, and forgets the schedule; test_plan reads it.
WITHOUT_ROTATION = """\
module "functions" {
  changes_passwords = false
}
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, aws: Mapping[str, str]) -> Iterator[Terraform]:
    """The configuration, and in the emulated account the zone that people bring along."""
    repair()
    patch = pytest.MonkeyPatch()
    patch.setattr("moto.settings.ACM_VALIDATION_WAIT", 1)
    working = terraform(tmp_path_factory.mktemp("apply"), aws)
    (working.folder / "apply_override.tf").write_text(WITHOUT_ROTATION)
    zone = _client("route53", aws).create_hosted_zone(Name="dev.bank.example.com", CallerReference="tests")
    values = (working.folder / "environments" / "dev.tfvars").read_text()
    zone_id = zone["HostedZone"]["Id"].rpartition("/")[2]
    (working.folder / "environments" / "dev.tfvars").write_text(values.replace("Z0000000000000000000", zone_id))
    yield working
    patch.undo()


@pytest.fixture(scope="module")
def applied(empty: Terraform) -> Iterator[Terraform]:
    empty.run("apply", *OPTIONS)
    yield empty
    empty.run("destroy", *OPTIONS)
    assert empty.run("state", "list") == ""


@pytest.fixture(scope="module")
def second(applied: Terraform) -> Plan:
    return applied.plan("dev", "second")


class TestApply:
    def test_a_second_plan_is_empty(self, second: Plan) -> None:
        assert second.changes == DRIFT

    def test_services_speak_to_the_proxy_as_it_wants(self, applied: Terraform, aws: Mapping[str, str]) -> None:
        for service in SERVICES:
            told = _variables(aws, f"tidemark-dev-{service}")
            assert told["TIDEMARK_DATABASE_URL"].startswith(f"postgresql://{service}_app@")
            assert told["TIDEMARK_DATABASE_IAM"] == "true"
            assert told["TIDEMARK_PREPARED_STATEMENTS"] == "false"
            assert told["TIDEMARK_EDGE_ONLY"] == "true"
            assert len(told["TIDEMARK_EDGE_SECRET"]) == 48

    def test_shared_secrets_stay_what_they_are(self, second: Plan, aws: Mapping[str, str]) -> None:
        """AWS makes another one up at each look."""
        told = _variables(aws, "tidemark-dev-users")
        (kept,) = (
            values["output"]
            for address, values in second.resources("terraform_data").items()
            if address.endswith('["edge"]')
        )
        assert kept == told["TIDEMARK_EDGE_SECRET"]

    def test_a_deployment_learns_which_alias_goes_to_which_version(
        self, applied: Terraform, aws: Mapping[str, str]
    ) -> None:
        told = json.loads(applied.run("output", "-json"))
        assert told.keys() >= OUTPUTS
        for service in SERVICES:
            function = f"tidemark-dev-{service}"
            alias = _client("lambda", aws).get_alias(FunctionName=function, Name="live")
            expected = {
                "function": function,
                "alias": "live",
                "version": alias["FunctionVersion"],
                "memory_mb": 1024,
            }
            assert told["services"]["value"][service] == expected

    def test_the_secrets_of_roles_are_empty_until_they_are_prepared(
        self, applied: Terraform, aws: Mapping[str, str]
    ) -> None:
        client = _client("secretsmanager", aws)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_secret_value(SecretId="tidemark-dev/database/users_app")

    def test_a_shared_secret_that_is_made_anew_reaches_all_that_know_it(
        self, applied: Terraform, aws: Mapping[str, str]
    ) -> None:
        """`tidemark deploy --replace`, as README tells it; the last test, for it changes what others look at."""
        before = _variables(aws, "tidemark-dev-users")["TIDEMARK_EDGE_SECRET"]
        applied.run(
            "apply",
            *OPTIONS,
            '-replace=module.keys.terraform_data.shared_secret["edge"]',
            *(f"-target={address}" for address in OF_THE_EDGE),
        )
        kept = _client("secretsmanager", aws).get_secret_value(SecretId="tidemark-dev/shared/edge")["SecretString"]
        assert len(kept) == len(before)
        assert kept != before
        told = [_variables(aws, f"tidemark-dev-{service}")["TIDEMARK_EDGE_SECRET"] for service in SERVICES]
        assert told == [kept] * len(SERVICES)
        sites = _client("cloudfront", aws).list_distributions()["DistributionList"]["Items"]
        shown = [header["HeaderValue"] for site in sites for header in _headers(site)]
        assert shown == [kept] * 2
        balancers = _client("elbv2", aws)
        (balancer,) = balancers.describe_load_balancers(Names=["tidemark-dev-app"])["LoadBalancers"]
        (listener,) = balancers.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        rules = balancers.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        asked = [each["HttpHeaderConfig"]["Values"] for rule in rules for each in rule["Conditions"]]
        assert asked == [[kept]]


def _headers(site: Mapping[str, Any]) -> list[dict[str, str]]:
    return [header for origin in site["Origins"]["Items"] for header in origin["CustomHeaders"]["Items"]]


def _client(service: str, aws: Mapping[str, str]):  # type: ignore[no-untyped-def]
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name=aws["AWS_REGION"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
    )


def _variables(aws: Mapping[str, str], function: str) -> dict[str, str]:
    found: dict[str, str] = _client("lambda", aws).get_function_configuration(FunctionName=function)[
        "Environment"
    ]["Variables"]
    return found
