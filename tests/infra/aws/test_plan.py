"""What Terraform would make, read from its plan: what `validate` and the emulator take for good and AWS does not,
and what would be a hole. The ways in and out are in test_plan_of_network.py."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.local.databases import ANALYST, ROLES
from infra.local.services import SERVICES
from tests.infra.aws.questions import FUNCTIONS
from tests.infra.aws.terraform import Plan
from tests.infra.aws.test_plan_of_parts import is_expression

pytestmark = pytest.mark.slow

# What AWS offers no resource for. Each is a deliberate entry: add to it with the reason beside the statement.
WITHOUT_RESOURCE = frozenset(
    {
        *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
        *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        *("ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel"),
        *("ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"),
        *("cloudwatch:GetMetricData", "application-autoscaling:DescribeScalableTargets"),
        *("ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "dynamodb:ListTables"),
    }
)


def documents(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """(module's name, statement) of every policy document, as the configuration writes it."""

    def of(module: Mapping[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for resource in module.get("resources", []):
            if resource["type"] == "aws_iam_policy_document":
                for statement in resource["expressions"].get("statement", []):
                    yield f"{name}.{resource['name']}", statement
        for child, call in module.get("module_calls", {}).items():
            yield from of(call["module"], child)

    yield from of(plan.content["configuration"]["root_module"], "root")


def constant(statement: Mapping[str, Any], name: str) -> list[str]:
    values: list[str] = statement.get(name, {}).get("constant_value", [])
    return values


class TestRights:
    def test_no_action_is_a_wildcard(self, plan: Plan) -> None:
        found = [
            (where, action)
            for where, statement in documents(plan)
            for action in constant(statement, "actions")
            # A key's own policy is about that key.
            if "*" in action and not _is_of_a_key(where)
        ]
        assert found == []

    def test_all_resources_are_meant_only_where_aws_knows_none(self, plan: Plan) -> None:
        found = [
            (where, action)
            for where, statement in documents(plan)
            if "*" in constant(statement, "resources") and not _is_of_a_key(where)
            for action in constant(statement, "actions")
            if action not in WITHOUT_RESOURCE
        ]
        assert found == []

    def test_only_aws_services_and_this_account_are_trusted(self, plan: Plan) -> None:
        for where, statement in documents(plan):
            for principal in statement.get("principals", []):
                assert principal["type"]["constant_value"] in ("Service", "AWS"), where
                if statement.get("effect", {}).get("constant_value") != "Deny":
                    assert "*" not in principal.get("identifiers", {}).get("constant_value", []), where


class TestDatabase:
    def test_it_is_postgres_18_or_newer(self, plan: Plan) -> None:
        (cluster,) = plan.resources("aws_rds_cluster").values()
        assert cluster["engine"] == "aurora-postgresql"
        assert int(cluster["engine_version"].split(".")[0]) >= 18
        (parameters,) = plan.resources("aws_rds_cluster_parameter_group").values()
        assert parameters["family"] == f"aurora-postgresql{cluster['engine_version'].split('.')[0]}"

    def test_capacity_is_what_aurora_takes(self, plan: Plan) -> None:
        (cluster,) = plan.resources("aws_rds_cluster").values()
        (capacity,) = cluster["serverlessv2_scaling_configuration"]
        for acu in (capacity["min_capacity"], capacity["max_capacity"]):
            assert 0.5 <= acu <= 256
            assert acu * 2 == int(acu * 2)
        for instance in plan.resources("aws_rds_cluster_instance").values():
            assert instance["instance_class"] == "db.serverless"
            assert instance["publicly_accessible"] is False

    def test_it_is_encrypted_and_kept(self, plan: Plan) -> None:
        (cluster,) = plan.resources("aws_rds_cluster").values()
        assert cluster["storage_encrypted"] is True
        assert cluster["backup_retention_period"] >= 7
        assert cluster["enabled_cloudwatch_logs_exports"] == ["postgresql"]
        assert cluster["manage_master_user_password"] is True

    def test_every_role_that_is_made_has_a_secret(self, plan: Plan) -> None:
        names = {each["name"].rpartition("/")[2] for each in plan.named("aws_secretsmanager_secret", "role[")}
        assert names == set(ROLES)
        assert ANALYST in names

    def test_the_proxy_knows_the_services_alone(self, plan: Plan) -> None:
        (proxy,) = plan.resources("aws_db_proxy").values()
        assert proxy["require_tls"] is True
        assert len(proxy["auth"]) == len(SERVICES)
        assert {each["iam_auth"] for each in proxy["auth"]} == {"REQUIRED"}

    def test_its_certificate_is_of_the_authority_that_is_trusted(self, plan: Plan) -> None:
        for instance in plan.resources("aws_rds_cluster_instance").values():
            assert instance["ca_cert_identifier"] == "rds-ca-rsa2048-g1"

    def test_every_roles_password_changes_by_itself(self, plan: Plan) -> None:
        rotations = plan.resources("aws_secretsmanager_secret_rotation")
        assert {address.split('"')[1] for address in rotations} == set(ROLES)
        for address, rotation in rotations.items():
            (rules,) = rotation["rotation_rules"]
            assert is_expression(rules["schedule_expression"]), address
            assert plan.unknown[address]["rotation_lambda_arn"], address
        (permission,) = (
            each
            for each in plan.resources("aws_lambda_permission").values()
            if each["principal"] == "secretsmanager.amazonaws.com"
        )
        assert permission["function_name"].endswith("-rotation")

    def test_no_password_is_terraforms(self, plan: Plan) -> None:
        versions = plan.resources("aws_secretsmanager_secret_version")
        assert [address for address in versions if ".shared[" not in address] == []


class TestDocuments:
    def test_who_is_deleted_is_unreadable_within_a_week(self, plan: Plan) -> None:
        days = {
            address.rpartition(".")[2]: table["point_in_time_recovery"][0]["recovery_period_in_days"]
            for address, table in plan.resources("aws_dynamodb_table").items()
        }
        assert days == {"identity": 35, "data_keys": 7}
        assert not plan.resources("aws_backup_plan")

    def test_tables_are_those_that_the_service_expects(self, plan: Plan) -> None:
        for table in plan.resources("aws_dynamodb_table").values():
            assert table["hash_key"] == "user_id"
            assert table["server_side_encryption"][0]["enabled"] is True


class TestEncryption:
    @pytest.mark.parametrize(
        ("kind", "attribute"),
        [
            ("aws_cloudwatch_log_group", "kms_key_id"),
            ("aws_secretsmanager_secret", "kms_key_id"),
            ("aws_lambda_function", "kms_key_arn"),
            ("aws_sns_topic", "kms_master_key_id"),
            ("aws_scheduler_schedule", "kms_key_arn"),
        ],
    )
    def test_by_a_key_of_ours(self, plan: Plan, kind: str, attribute: str) -> None:
        found = plan.resources(kind)
        assert found
        unknown = plan.unknown
        for address, values in found.items():
            assert values.get(attribute) or attribute in unknown[address], address

    def test_keys_rotate(self, plan: Plan) -> None:
        for address, key in plan.resources("aws_kms_key").items():
            assert key["enable_key_rotation"] is True, address

    def test_every_log_ends(self, plan: Plan) -> None:
        for address, group in plan.resources("aws_cloudwatch_log_group").items():
            assert 0 < group["retention_in_days"] <= 400, address


class TestWatch:
    def test_what_the_proxy_can_not_share_wakes_somebody(self, plan: Plan) -> None:
        (alarm,) = plan.named("aws_cloudwatch_metric_alarm", '"proxy-pinned"')
        assert alarm["metric_name"] == "DatabaseConnectionsCurrentlySessionPinned"

    def test_every_function_has_an_alarm(self, plan: Plan) -> None:
        names = {
            address.split('"')[1] for address in plan.resources("aws_cloudwatch_metric_alarm") if '"' in address
        }
        assert {f"{name}-errors" for name in (*SERVICES, *FUNCTIONS)} <= names
        assert set(SERVICES) <= names  # throttled: told to the scaler

    def test_a_month_has_a_budget(self, plan: Plan) -> None:
        (budget,) = plan.resources("aws_budgets_budget").values()
        assert float(budget["limit_amount"]) > 0
        assert len(budget["notification"]) == 2


class TestEnvironments:
    def test_names_tell_them_apart(self, plan: Plan) -> None:
        environment = plan.content["variables"]["environment"]["value"]
        names = [
            values["name"]
            for kind in ("aws_dynamodb_table", "aws_secretsmanager_secret", "aws_iam_role")
            for values in plan.resources(kind).values()
        ]
        assert names
        assert all(name.startswith(f"tidemark-{environment}") for name in names)

    def test_production_can_not_be_deleted_by_mistake(self, plan: Plan) -> None:
        is_production = plan.content["variables"]["environment"]["value"] == "prod"
        (cluster,) = plan.resources("aws_rds_cluster").values()
        assert cluster["deletion_protection"] is is_production
        for table in plan.resources("aws_dynamodb_table").values():
            assert table["deletion_protection_enabled"] is is_production


def _is_of_a_key(where: str) -> bool:
    """A key's own policy is about that key, whatever resource it names."""
    return where.startswith("keys.") or where.endswith("_key")
