"""Each part of the bank on AWS, read from Terraform's plan: what it is told, its size, its calls, its schedule."""

import json
import re
from zoneinfo import ZoneInfo

import pytest

from infra.aws.deploy.deployment import PREPARE
from infra.aws.deploy.terraform import OUTPUTS
from infra.containers.settings import AdministratorSettings, BackfillSettings, ContainerSettings
from infra.local.given import catalogue
from infra.local.guard import GuardSettings
from infra.local.services import SERVICES
from infra.package.archive import handlers
from tests.cluster import REPOSITORY
from tests.infra.aws.questions import FUNCTIONS, public_calls, settings_of, tasks
from tests.infra.aws.terraform import Plan

pytestmark = pytest.mark.slow

# CPU units → MiB of memory: least, most, step.
FARGATE_MB = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16_384, 1024),
    4096: (8192, 30_720, 1024),
}
NO_NAMES: frozenset[str] = frozenset()
DAYS = frozenset("SUN MON TUE WED THU FRI SAT".split())
CRON_FIELDS = (
    (range(60), NO_NAMES),
    (range(24), NO_NAMES),
    (range(1, 32), frozenset({"L"})),
    (range(1, 13), frozenset("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split())),
    (range(1, 8), DAYS | {f"{day}#{nth}" for day in DAYS for nth in range(1, 6)}),
    (range(1970, 2200), NO_NAMES),
)
# Browsers have no way to Dagster, and a task's disk goes with the task.
NOT_ON_AWS = {"TIDEMARK_DAGSTER_URL", "TIDEMARK_SIGN_INS_FOLDER"}
# What AWS's own libraries read.
OF_AWS = {"AWS_REGION"}


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
            (function,) = plan.named("aws_lambda_function", f'service["{service}"]')
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
        assert plan.settings("app") == {setting.name for setting in catalogue()["app"]} - NOT_ON_AWS

    def test_the_functions_are_told_what_they_read(self, plan: Plan) -> None:
        for name in FUNCTIONS:
            read = settings_of(f"infra.functions.{name}.settings")
            told = plan.settings(name)
            assert told <= set(read), name
            assert {each for each, is_required in read.items() if is_required} <= told, name

    @pytest.mark.parametrize("part", ["passwords", "code-server", "daemon", "web", "run"])
    def test_the_pipeline_is_told_what_it_reads(self, plan: Plan, part: str) -> None:
        told = plan.settings(part)
        assert told - OF_AWS <= {
            *ContainerSettings.names(),
            *BackfillSettings.names(),
            *GuardSettings.names(),
            *(setting.name for setting in catalogue()["pipelines"]),
        }
        assert {*ContainerSettings.names(), "TIDEMARK_TIME_ZONE"} <= told
        assert (set(BackfillSettings.names()) <= told) is (part == "code-server")

    def test_dagster_closes_nothing_by_itself(self, plan: Plan) -> None:
        for part in ("code-server", "run"):
            assert "TIDEMARK_CLOSE_SCHEDULES" in plan.settings(part)

    def test_who_prepares_is_told_all_that_it_reads(self, plan: Plan) -> None:
        told = plan.settings("prepare")
        assert {*AdministratorSettings.names(), "AWS_REGION"} <= told
        assert {"TIDEMARK_IDENTITY_TABLE", "TIDEMARK_DATA_KEY_TABLE"} <= told

    def test_who_rotates_keys_is_told_all_that_it_reads(self, plan: Plan) -> None:
        told = plan.settings("keys")
        assert {*ContainerSettings.names(), "AWS_REGION"} <= told
        read = {setting.name for setting in catalogue()["users"]}
        assert {"TIDEMARK_KMS_KEY_ID", "TIDEMARK_IDENTITY_TABLE", "TIDEMARK_DATA_KEY_TABLE"} <= told & read

    def test_a_deployment_finds_the_task_and_the_aliases(self, plan: Plan) -> None:
        assert PREPARE in plan.resources("aws_ecs_task_definition")
        assert {each["name"] for each in plan.resources("aws_lambda_alias").values()} == {"live"}
        assert plan.content["planned_values"]["outputs"].keys() >= OUTPUTS

    def test_tasks_have_sizes_that_fargate_has(self, plan: Plan) -> None:
        tasks = plan.resources("aws_ecs_task_definition")
        assert len(tasks) == 5
        for address, task in tasks.items():
            least, most, step = FARGATE_MB[int(task["cpu"])]
            assert int(task["memory"]) in range(least, most + 1, step), address
            assert task["network_mode"] == "awsvpc"

    def test_no_task_has_an_address_of_its_own_on_the_internet(self, plan: Plan) -> None:
        for address, service in plan.resources("aws_ecs_service").items():
            assert service["network_configuration"][0]["assign_public_ip"] is False, address

    def test_two_dagsters_are_never_at_work(self, plan: Plan) -> None:
        (service,) = plan.named("aws_ecs_service", "dagster")
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
            ("cron(0 2 ? * SUN#1 *)", True),
            ("cron(0 2 ? * SUN#6 *)", False),
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
        (kickoff,) = plan.named("aws_scheduler_schedule", '"kickoff"')
        assert kickoff["schedule_expression_timezone"] == plan.content["variables"]["time_zone"]["value"]
        (target,) = kickoff["target"]
        assert json.loads(target["input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
        assert target["retry_policy"][0]["maximum_retry_attempts"] > 0
        unknown = plan.unknown['module.functions.aws_scheduler_schedule.function["kickoff"]']
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
            assert "kms_master_key_id" in plan.unknown[address], address


class TestGateway:
    def test_public_routes_are_the_services_own(self, plan: Plan) -> None:
        """In both directions: nothing is open that a service does not call public, and nobody is locked out."""
        calls = public_calls()
        routes = {
            tuple(route["route_key"].split(" "))
            for route in plan.resources("aws_apigatewayv2_route").values()
            if route["authorization_type"] == "NONE" and not route["route_key"].startswith("OPTIONS ")
        }
        pairs = {(call, route) for call in calls for route in routes if _takes(route, call)}
        assert {call for call, _ in pairs} == calls
        assert {route for _, route in pairs} == routes

    def test_all_else_needs_a_token_of_the_issuer(self, plan: Plan) -> None:
        private = [
            route["route_key"]
            for route in plan.resources("aws_apigatewayv2_route").values()
            if route["authorization_type"] == "JWT"
        ]
        below = [f"ANY /{prefix}/{{proxy+}}" for prefix in ("account", "events", "stats", "user")]
        assert sorted(private) == sorted([*below, "ANY /events"])
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


def _takes(route: tuple[str, ...], call: tuple[str, str]) -> bool:
    """Whether API Gateway sends a call (method, path as a service writes it) by a route (method, pattern)."""
    head, is_open, _ = route[1].partition("{proxy+}")
    path = re.sub(r"\{\w+:\w+\}", "x", call[1])
    return route[0] == call[0] and (path.startswith(head) if is_open else path == route[1])
