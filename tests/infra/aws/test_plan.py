"""What Terraform would make, read from its plan: what `validate` and the emulator take for good and AWS does not,
and what would be a hole."""

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.shared.edge import EDGE_HEADER
from infra.containers.__main__ import PIPELINE_ROLES
from infra.containers.settings import PASSWORD, ContainerSettings
from infra.local.databases import ANALYST, ROLES
from infra.local.given import catalogue
from infra.local.guard import GuardSettings
from infra.local.services import SERVICES
from infra.package.archive import handlers
from tests.cluster import REPOSITORY
from tests.infra.aws.terraform import Plan

pytestmark = pytest.mark.slow

FUNCTIONS = ("scaler", "kickoff")
# CPU units → MiB of memory: least, most, step.
FARGATE_MB = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16_384, 1024),
    4096: (8192, 30_720, 1024),
}
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
NO_NAMES: frozenset[str] = frozenset()
CRON_FIELDS = (
    (range(60), NO_NAMES),
    (range(24), NO_NAMES),
    (range(1, 32), frozenset({"L"})),
    (range(1, 13), frozenset("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split())),
    (range(1, 8), frozenset("SUN MON TUE WED THU FRI SAT".split())),
    (range(1970, 2200), NO_NAMES),
)
PASSWORDS_OF = {
    part: {f"{PASSWORD}{role.upper()}" for role in roles}
    for part, roles in {
        "code-server": {"dagster", *PIPELINE_ROLES.values()},
        "daemon": {"dagster"},
        "web": {"dagster"},
    }.items()
}

# What AWS offers no resource for. Each is a deliberate entry: add to it with the reason beside the statement.
WITHOUT_RESOURCE = frozenset(
    {
        *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
        *("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        *("ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel"),
        *("ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"),
        *("cloudwatch:GetMetricData", "application-autoscaling:DescribeScalableTargets"),
        *("ecr:GetAuthorizationToken", "dynamodb:ListTables"),
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


class TestServices:
    def test_each_is_told_what_it_reads_and_nothing_else(self, plan: Plan) -> None:
        known = catalogue()
        for service in SERVICES:
            names = {setting.name for setting in known[service]}
            required = {
                setting.name for setting in known[service] if setting.is_required and setting.default == ""
            }
            told = plan.settings(service)
            assert told <= names, f"{service} reads no {told - names}"
            assert required - {"TIDEMARK_MIGRATION_URL"} <= told

    def test_handlers_are_those_of_the_archives(self, plan: Plan) -> None:
        known = handlers(REPOSITORY)
        for address, function in plan.resources("aws_lambda_function").items():
            name = function["function_name"].rpartition("-")[2]
            assert function["handler"] == f"{known[name]}.handler", address
            assert function["filename"].endswith(f"/{name}.zip")

    def test_a_function_is_of_lambda(self, plan: Plan) -> None:
        for address, function in plan.resources("aws_lambda_function").items():
            assert function["architectures"] == ["arm64"], address
            assert function["runtime"] in ("python3.11", "python3.12", "python3.13"), address
            assert 128 <= function["memory_size"] <= 10_240, address
            assert 1 <= function["timeout"] <= 900, address

    def test_what_waits_longest_waits_outside(self, plan: Plan) -> None:
        gateway = {
            each["timeout_milliseconds"] for each in plan.resources("aws_apigatewayv2_integration").values()
        }
        for service in SERVICES:
            (function,) = _of(plan, "aws_lambda_function", f'service["{service}"]')
            silent = next(each for each in catalogue()[service] if each.name == "TIDEMARK_ANSWER_TIMEOUT_S")
            assert int(silent.default) < function["timeout"] < min(gateway) / 1000

    def test_connections_fit_into_the_database(self, plan: Plan) -> None:
        (parameters,) = plan.resources("aws_rds_cluster_parameter_group").values()
        most = int(next(each["value"] for each in parameters["parameter"] if each["name"] == "max_connections"))
        (pool,) = plan.resources("aws_db_proxy_default_target_group").values()
        ceilings = sum(
            function["reserved_concurrent_executions"]
            for address, function in plan.resources("aws_lambda_function").items()
            if ".service[" in address
        )
        assert ceilings <= most * pool["connection_pool_config"][0]["max_connections_percent"] / 100


class TestOtherParts:
    def test_the_app_is_told_what_it_reads(self, plan: Plan) -> None:
        assert plan.settings("app") == {setting.name for setting in catalogue()["app"]}

    def test_the_functions_are_told_what_they_read(self, plan: Plan) -> None:
        for name in FUNCTIONS:
            read = settings_of(f"infra.functions.{name}.settings")
            told = plan.settings(name)
            assert told <= set(read), name
            assert {each for each, is_required in read.items() if is_required} <= told, name

    @pytest.mark.parametrize("part", ["code-server", "daemon", "web"])
    def test_the_pipeline_is_told_what_it_reads(self, plan: Plan, part: str) -> None:
        told = plan.settings(part)
        assert told - PASSWORDS_OF[part] <= {
            *ContainerSettings.names(),
            *GuardSettings.names(),
            *(setting.name for setting in catalogue()["pipelines"]),
        }
        assert {name for name in told if name.startswith(PASSWORD)} == PASSWORDS_OF[part]
        assert {"TIDEMARK_HOME", "TIDEMARK_DATABASE_HOST", "TIDEMARK_TIME_ZONE"} <= told

    def test_dagster_closes_nothing_by_itself(self, plan: Plan) -> None:
        assert "TIDEMARK_CLOSE_SCHEDULES" in plan.settings("code-server")

    def test_who_prepares_knows_every_role(self, plan: Plan) -> None:
        told = plan.settings("prepare")
        assert {name for name in told if name.startswith(PASSWORD)} == {f"{PASSWORD}{r.upper()}" for r in ROLES}
        assert {"TIDEMARK_ADMINISTRATOR", "TIDEMARK_ADMINISTRATOR_PASSWORD"} <= told
        assert {"TIDEMARK_IDENTITY_TABLE", "TIDEMARK_DATA_KEY_TABLE", "AWS_REGION"} <= told

    def test_tasks_have_sizes_that_fargate_has(self, plan: Plan) -> None:
        tasks = plan.resources("aws_ecs_task_definition")
        assert len(tasks) == 3
        for address, task in tasks.items():
            least, most, step = FARGATE_MB[int(task["cpu"])]
            assert int(task["memory"]) in range(least, most + 1, step), address
            assert task["network_mode"] == "awsvpc"

    def test_no_task_has_an_address_of_its_own_on_the_internet(self, plan: Plan) -> None:
        for address, service in plan.resources("aws_ecs_service").items():
            assert service["network_configuration"][0]["assign_public_ip"] is False, address

    def test_two_dagsters_are_never_at_work(self, plan: Plan) -> None:
        (service,) = _of(plan, "aws_ecs_service", "dagster")
        assert (service["desired_count"], service["deployment_maximum_percent"]) == (1, 100)


class TestSchedules:
    def test_expressions_are_what_scheduler_takes(self, plan: Plan) -> None:
        for address, schedule in plan.resources("aws_scheduler_schedule").items():
            assert is_expression(schedule["schedule_expression"]), address
            ZoneInfo(schedule["schedule_expression_timezone"])

    @pytest.mark.parametrize(
        ("text", "is_right"),
        [
            ("cron(0 0,1 * * ? *)", True),
            ("cron(0 0 ? * MON *)", True),
            ("rate(1 minute)", True),
            ("rate(5 minutes)", True),
            ("every day", False),
            ("cron(0 0 * * *)", False),
            ("cron(0 0 * * * *)", False),
            ("cron(60 0 * * ? *)", False),
            ("rate(1 minutes)", False),
            ("rate(0 minutes)", False),
        ],
    )
    def test_this_check_can_fail(self, text: str, is_right: bool) -> None:
        assert is_expression(text) is is_right

    def test_the_closes_start_by_the_banks_clock_and_are_not_lost(self, plan: Plan) -> None:
        (kickoff,) = _of(plan, "aws_scheduler_schedule", '"kickoff"')
        assert kickoff["schedule_expression_timezone"] == plan.content["variables"]["time_zone"]["value"]
        (target,) = kickoff["target"]
        assert json.loads(target["input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
        assert target["retry_policy"][0]["maximum_retry_attempts"] > 0
        unknown = _unknown(plan)['module.functions.aws_scheduler_schedule.function["kickoff"]']
        assert unknown["target"][0]["dead_letter_config"] == [{"arn": True}]

    def test_what_services_do_by_themselves_is_started_as_often(self, plan: Plan) -> None:
        given = {
            address.split('"')[1]: _every_s(schedule["schedule_expression"])
            for address, schedule in plan.resources("aws_scheduler_schedule").items()
            if '"task"' in schedule["target"][0]["input"]
        }
        assert given == tasks()

    def test_every_queue_keeps_what_failed_for_two_weeks(self, plan: Plan) -> None:
        queues = plan.resources("aws_sqs_queue")
        assert queues
        for address, queue in queues.items():
            assert queue["message_retention_seconds"] == 14 * 86_400, address
            assert "kms_master_key_id" in _unknown(plan)[address], address


class TestGateway:
    def test_public_routes_are_the_services_own(self, plan: Plan) -> None:
        """In both directions: nothing is open that a service does not call public, and nobody is locked out."""
        wanted = {(method, _pattern(path)) for method, path in public_calls()}
        given = {
            tuple(route["route_key"].split(" "))
            for route in plan.resources("aws_apigatewayv2_route").values()
            if route["authorization_type"] == "NONE" and not route["route_key"].startswith("OPTIONS ")
        }
        assert wanted <= {(method, path) for method, path in given} | {
            (method, path) for method, path in wanted for _, open_path in given if _covers(open_path, path)
        }
        assert {path for _, path in given} <= {path for _, path in wanted} | {
            open_path for _, open_path in given for _, path in wanted if _covers(open_path, path)
        }

    def test_all_else_needs_a_token_of_the_issuer(self, plan: Plan) -> None:
        private = [
            route["route_key"]
            for route in plan.resources("aws_apigatewayv2_route").values()
            if route["authorization_type"] == "JWT"
        ]
        assert sorted(private) == [f"ANY /{prefix}/{{proxy+}}" for prefix in ("account", "stats", "user")]
        (authorizer,) = plan.resources("aws_apigatewayv2_authorizer").values()
        (jwt,) = authorizer["jwt_configuration"]
        assert jwt["issuer"] == f"https://api.{plan.content['variables']['domain']['value']}"
        audience = next(each for each in catalogue()["users"] if each.name == "TIDEMARK_AUDIENCE")
        assert jwt["audience"] == [audience.default]

    def test_the_keys_can_be_read_without_a_token(self, plan: Plan) -> None:
        (route,) = (
            route
            for route in plan.resources("aws_apigatewayv2_route").values()
            if route["route_key"] == "GET /.well-known/{proxy+}"
        )
        assert route["authorization_type"] == "NONE"

    def test_calls_are_throttled_and_logged_without_paths(self, plan: Plan) -> None:
        (stage,) = plan.resources("aws_apigatewayv2_stage").values()
        (default,) = stage["default_route_settings"]
        assert 0 < default["throttling_rate_limit"] <= default["throttling_burst_limit"]
        assert all(
            each["throttling_rate_limit"] < default["throttling_rate_limit"] for each in stage["route_settings"]
        )
        written = json.loads(stage["access_log_settings"][0]["format"]).values()
        assert not {"$context.path", "$context.identity.sourceIp"} & set(written)


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
        names = {each["name"].rpartition("/")[2] for each in _of(plan, "aws_secretsmanager_secret", "role[")}
        assert names == set(ROLES)
        assert ANALYST in names

    def test_the_proxy_knows_the_services_alone(self, plan: Plan) -> None:
        (proxy,) = plan.resources("aws_db_proxy").values()
        assert proxy["require_tls"] is True
        assert len(proxy["auth"]) == len(SERVICES)
        assert {each["iam_auth"] for each in proxy["auth"]} == {"REQUIRED"}


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
        unknown = _unknown(plan)
        for address, values in found.items():
            assert values.get(attribute) or attribute in unknown[address], address

    def test_keys_rotate(self, plan: Plan) -> None:
        for address, key in plan.resources("aws_kms_key").items():
            assert key["enable_key_rotation"] is True, address

    def test_every_log_ends(self, plan: Plan) -> None:
        for address, group in plan.resources("aws_cloudwatch_log_group").items():
            assert 0 < group["retention_in_days"] <= 400, address


class TestExposure:
    def test_the_internet_reaches_what_it_must(self, plan: Plan) -> None:
        for address, rule in plan.resources("aws_vpc_security_group_ingress_rule").items():
            assert rule.get("cidr_ipv4") is None, address
            assert rule.get("cidr_ipv6") is None, address
            assert rule["from_port"] == rule["to_port"], address
            assert rule["ip_protocol"] == "tcp", address

    def test_one_load_balancer_is_public_and_answers_cloudfront_alone(self, plan: Plan) -> None:
        balancers = {address: values["internal"] for address, values in plan.resources("aws_lb").items()}
        assert balancers == {"module.app.aws_lb.app": False, "module.pipeline.aws_lb.dagster": True}
        (listener,) = _of(plan, "aws_lb_listener", "app")
        assert listener["default_action"][0]["fixed_response"][0]["status_code"] == "403"
        (rule,) = plan.resources("aws_lb_listener_rule").values()
        assert rule["condition"][0]["http_header"][0]["http_header_name"] == EDGE_HEADER
        for address, each in plan.resources("aws_lb_listener").items():
            assert each["protocol"] == "HTTPS", address

    def test_cloudfront_proves_itself_and_says_whom_it_saw(self, plan: Plan) -> None:
        for site in plan.resources("aws_cloudfront_distribution").values():
            (origin,) = site["origin"]
            (header,) = origin["custom_header"]
            assert header["name"] == EDGE_HEADER
            (config,) = origin["custom_origin_config"]
            assert config["origin_protocol_policy"] == "https-only"
            assert site["default_cache_behavior"][0]["viewer_protocol_policy"] != "allow-all"
        (function,) = plan.resources("aws_cloudfront_function").values()
        assert '"x-tidemark-viewer"' in function["code"]

    def test_nothing_is_kept_by_cloudfront_but_the_public_keys(self, plan: Plan) -> None:
        disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        for address, site in plan.resources("aws_cloudfront_distribution").items():
            assert site["default_cache_behavior"][0]["cache_policy_id"] == disabled, address
            paths = [each["path_pattern"] for each in site["ordered_cache_behavior"]]
            assert paths == (["/.well-known/*"] if '"api"' in address else [])

    def test_buckets_are_closed(self, plan: Plan) -> None:
        buckets = plan.resources("aws_s3_bucket")
        blocks = plan.resources("aws_s3_bucket_public_access_block")
        assert len(blocks) == len(buckets) > 0
        for block in blocks.values():
            assert all(block[name] for name in BLOCKS)

    def test_the_default_group_lets_nothing_through(self, plan: Plan) -> None:
        (group,) = plan.resources("aws_default_security_group").values()
        assert not group.get("ingress")
        assert not group.get("egress")


class TestWatch:
    def test_what_the_proxy_can_not_share_wakes_somebody(self, plan: Plan) -> None:
        (alarm,) = _of(plan, "aws_cloudwatch_metric_alarm", '"proxy-pinned"')
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


def is_expression(text: str) -> bool:
    """Whether EventBridge Scheduler takes it: cron has six fields, and one of both days is a question mark."""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)(s?)\)", text):
        return int(rate[1]) > 0 and (rate[1] == "1") != bool(rate[3])
    cron = re.fullmatch(r"cron\((.*)\)", text)
    fields = cron[1].split(" ") if cron else []
    if len(fields) != len(CRON_FIELDS) or (fields[2] == "?") == (fields[4] == "?"):
        return False
    return all(
        part in ("*", "?") or part in names or (part.isdigit() and int(part) in numbers)
        for field, (numbers, names) in zip(fields, CRON_FIELDS, strict=True)
        for part in re.split(r"[,/-]", field)
    )


def _every_s(rate: str) -> float:
    number, unit = rate.removeprefix("rate(").removesuffix(")").split(" ")
    return int(number) * {"minute": 60, "hour": 3600, "day": 86_400}[unit.rstrip("s")]


def settings_of(module: str) -> dict[str, bool]:
    """The variables that the settings of a module are read from, and whether each is required."""
    command = [sys.executable, "-m", "api.shared.settings_list", module]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return {each["name"]: each["is_required"] for each in json.loads(done.stdout)[module]}


def public_calls() -> set[tuple[str, str]]:
    """(method, path) of the services' routes that need no token, or one that may be over."""
    found = of_services(
        """
for route in app.routes:
    for handler in getattr(route, "route_handlers", []):
        if handler.opt.get("public") or handler.opt.get("expired_grace_s"):
            found += [(method, route.path) for method in handler.http_methods]
"""
    )
    return {(method, path) for method, path in found if method != "OPTIONS"}


def tasks() -> dict[str, float]:
    """Every how many seconds a service does by itself what has this name."""
    return dict(
        of_services("found += [(name, task.every_s) for name, task in app.state.get('tasks', {}).items()]")
    )


def of_services(question: str) -> Any:
    """What `question` adds to `found` for each service's `app`: in a process of its own, for settings are read."""
    program = f"""
import importlib, json, sys
found = []
for service in sys.argv[1:]:
    app = importlib.import_module(f"api.{{service}}.app").create_app()
{textwrap.indent(question, "    ")}
print(json.dumps(found))
"""
    environment = {
        **{f"TIDEMARK_{name}": "http://127.0.0.1" for name in ("GATEWAY_URL", "ISSUER", "KMS_KEY_ID")},
        "TIDEMARK_DATABASE_URL": "postgresql://nobody@127.0.0.1/nowhere",
    }
    command = [sys.executable, "-c", program, *SERVICES]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _pattern(path: str) -> str:
    return re.sub(r"\{\w+:\w+\}", "x", path)


def _covers(pattern: str, path: str) -> bool:
    """Whether API Gateway's `pattern` takes `path`."""
    head, is_open, _ = pattern.partition("{proxy+}")
    return path.startswith(head) if is_open else path == pattern


def _is_of_a_key(where: str) -> bool:
    """A key's own policy is about that key, whatever resource it names."""
    return where.startswith("keys.") or where.endswith("_key")


def _of(plan: Plan, kind: str, part: str) -> list[dict[str, Any]]:
    return [values for address, values in plan.resources(kind).items() if part in address]


def _unknown(plan: Plan) -> dict[str, dict[str, Any]]:
    """By address: what is known after apply."""
    return {each["address"]: each["change"]["after_unknown"] for each in plan.content["resource_changes"]}
