"""AWS as the scaler sees it, by botocore's Stubber."""

import json
from datetime import UTC, datetime
from typing import Any

from botocore.session import get_session
from botocore.stub import ANY, Stubber

from infra.functions.scaler.cloud import DIMENSION, Cloud
from infra.functions.scaler.handler import scale
from infra.functions.scaler.settings import ScalerSettings

NOW = 1_795_000_030.0
CLIENTS = ("cloudwatch", "application-autoscaling", "lambda", "rds", "ssm")
SERVICES = {
    "users": {"function": "bank-users", "alias": "live", "floor": 1, "share": 0.2},
    "accounts": {"function": "bank-accounts", "alias": "live", "floor": 2, "share": 0.6, "connections": 2},
}
ENVIRONMENT = {
    "TIDEMARK_SCALER_SERVICES": json.dumps(SERVICES),
    "TIDEMARK_DATABASE_CONNECTIONS": "100",
    "TIDEMARK_DATABASE_CLUSTER": "bank",
    "TIDEMARK_CAPACITY_MIN": "0.5",
    "TIDEMARK_CAPACITY_MAX": "8",
    "TIDEMARK_SCALER_STATE": "/bank/scaler",
}
SETTINGS = ScalerSettings.read(ENVIRONMENT)
CEILINGS = {"users": 20, "accounts": 30}


class Aws:
    """Stubbed clients: what is expected stands in the order in which each client is asked."""

    def __init__(self) -> None:
        session = get_session()
        session.set_credentials("x", "x")
        self.clients: dict[str, Any] = {
            name: session.create_client(name, region_name="eu-central-1") for name in CLIENTS
        }
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.cloud = Cloud(SETTINGS, self.clients.__getitem__)

    def state(self, state: Any) -> None:
        asked = {"Name": "/bank/scaler"}
        if state is None:
            self.stubs["ssm"].add_client_error("get_parameter", "ParameterNotFound", expected_params=asked)
        else:
            value = state if isinstance(state, str) else json.dumps(state)
            self.stubs["ssm"].add_response("get_parameter", {"Parameter": {"Value": value}}, asked)

    def warm(self, **warm: tuple[int, int]) -> None:
        targets = [
            {
                "ServiceNamespace": "lambda",
                "ResourceId": f"function:bank-{name}:live",
                "ScalableDimension": DIMENSION,
                "MinCapacity": least,
                "MaxCapacity": most,
                "RoleARN": "arn:aws:iam::123456789012:role/x",
                "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            }
            for name, (least, most) in warm.items()
        ]
        self.stubs["application-autoscaling"].add_response(
            "describe_scalable_targets",
            {"ScalableTargets": targets},
            {
                "ServiceNamespace": "lambda",
                "ResourceIds": ["function:bank-users:live", "function:bank-accounts:live"],
                "ScalableDimension": DIMENSION,
            },
        )

    def figures(self, users: float, accounts: float, *, throttles: int = 0, status: str = "Complete") -> None:
        results = []
        for number, in_flight in enumerate((users, accounts)):
            for measure, values in (
                ("in_flight", [in_flight, in_flight / 2] if in_flight else []),
                ("refused", [float(throttles)] if number else []),
                ("latency_s", [120.0] if in_flight else []),
            ):
                code = status if number else "Complete"
                results.append({"Id": f"{measure}_{number}", "Values": values, "StatusCode": code})
        self.stubs["cloudwatch"].add_response(
            "get_metric_data",
            {"MetricDataResults": results},
            {
                "MetricDataQueries": ANY,
                "StartTime": datetime.fromtimestamp(1_795_000_080 - 180 - 1_795_000_080 % 60, UTC),
                "EndTime": datetime.fromtimestamp(1_795_000_080 - 1_795_000_080 % 60, UTC),
            },
        )

    def ceilings(self, *names: str, there: bool = True) -> None:
        for name in names:
            asked = {"FunctionName": f"bank-{name}"}
            answer = {"ReservedConcurrentExecutions": CEILINGS[name]} if there else {}
            self.stubs["lambda"].add_response("get_function_concurrency", answer, asked)
            if not there:
                told = {**asked, "ReservedConcurrentExecutions": CEILINGS[name]}
                self.stubs["lambda"].add_response("put_function_concurrency", {}, told)

    def keeps_warm(self, name: str, instances: int, *, error: str | None = None) -> None:
        told = {
            "ServiceNamespace": "lambda",
            "ResourceId": f"function:bank-{name}:live",
            "ScalableDimension": DIMENSION,
            "MinCapacity": instances,
            "MaxCapacity": CEILINGS[name],
        }
        stub = self.stubs["application-autoscaling"]
        if error:
            stub.add_client_error("register_scalable_target", error, expected_params=told)
        else:
            stub.add_response("register_scalable_target", {}, told)

    def capacity(self, there: float, wanted: float | None = None) -> None:
        asked = {"DBClusterIdentifier": "bank"}
        found = {"ServerlessV2ScalingConfiguration": {"MinCapacity": there, "MaxCapacity": 8.0}}
        self.stubs["rds"].add_response("describe_db_clusters", {"DBClusters": [found]}, asked)
        if wanted is not None:
            configuration = {"MinCapacity": wanted, "MaxCapacity": 8.0}
            told = {**asked, "ServerlessV2ScalingConfiguration": configuration, "ApplyImmediately": True}
            self.stubs["rds"].add_response("modify_db_cluster", {}, told)

    def keeps_state(self) -> None:
        told = {"Name": "/bank/scaler", "Value": ANY, "Type": "String", "Overwrite": True}
        self.stubs["ssm"].add_response("put_parameter", {}, told)

    def scale(self, event: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = scale(SETTINGS, self.cloud, event, NOW)["services"]
        return found
