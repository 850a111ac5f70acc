"""What the scaler reads and changes on AWS. botocore comes with Lambda's Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from infra.functions.scaler.decide import Decision, Demand, Limit
from infra.functions.scaler.settings import ScalerSettings, Service

LOOK_BACK_S = 180
PERIOD_S = 60
DIMENSION = "lambda:function:ProvisionedConcurrency"
# By field of Demand: metric, statistic, and what a value is multiplied with.
METRICS = {
    "in_flight": ("ConcurrentExecutions", "Maximum", 1.0),
    "refused": ("Throttles", "Sum", 1.0),
    "latency_s": ("Duration", "p95", 0.001),
}


@dataclass(frozen=True)
class State:
    """What is kept from one decision to the next, as JSON in a parameter of Systems Manager."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    pins: dict[str, int] = field(default_factory=dict)


def make_client(service: str) -> Any:
    """A client of AWS that answers or fails well within the function's time."""
    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
    return get_session().create_client(service, config=config)


class Cloud:
    """The services' functions and the database. All methods raise botocore's ClientError and BotoCoreError."""

    def __init__(self, settings: ScalerSettings, client: Callable[[str], Any] = make_client) -> None:
        self._settings = settings
        self._metrics, self._scaling, self._lambda, self._rds, self._ssm = (
            client(name) for name in ("cloudwatch", "application-autoscaling", "lambda", "rds", "ssm")
        )

    def demand(self, now: float) -> dict[str, Demand]:
        """The greatest of each figure in the last minutes; a service whose figures can't be had is left out."""
        end = datetime.fromtimestamp(now - now % PERIOD_S + PERIOD_S, UTC)
        names = list(self._settings.services)
        answer = self._metrics.get_metric_data(
            MetricDataQueries=[
                _query(f"{measure}_{number}", self._settings.services[name], metric, statistic)
                for number, name in enumerate(names)
                for measure, (metric, statistic, _) in METRICS.items()
            ],
            StartTime=end - timedelta(seconds=LOOK_BACK_S),
            EndTime=end,
        )
        results = {result["Id"]: result for result in answer["MetricDataResults"]}
        found = {name: _read(results, number) for number, name in enumerate(names)}
        return {name: demand for name, demand in found.items() if demand is not None}

    def warm(self) -> dict[str, tuple[int, int]]:
        """The least and the most warm instances of each service that Application Auto Scaling knows."""
        by_resource = {_resource(service): name for name, service in self._settings.services.items()}
        answer = self._scaling.describe_scalable_targets(
            ServiceNamespace="lambda", ResourceIds=list(by_resource), ScalableDimension=DIMENSION
        )
        return {
            by_resource[target["ResourceId"]]: (target["MinCapacity"], target["MaxCapacity"])
            for target in answer["ScalableTargets"]
        }

    def keep_warm(self, service: Service, instances: int, limit: Limit) -> None:
        """Have so many instances of a function's alias warm, and no more than the ceiling."""
        self._scaling.register_scalable_target(
            ServiceNamespace="lambda",
            ResourceId=_resource(service),
            ScalableDimension=DIMENSION,
            MinCapacity=instances,
            MaxCapacity=limit.ceiling,
        )

    def set_ceiling(self, service: Service, limit: Limit) -> None:
        """No more instances than the database has connections for: what comes beyond is refused at the door."""
        found = self._lambda.get_function_concurrency(FunctionName=service.function)
        if found.get("ReservedConcurrentExecutions") != limit.ceiling:
            self._lambda.put_function_concurrency(
                FunctionName=service.function, ReservedConcurrentExecutions=limit.ceiling
            )

    def set_capacity(self, floor: float) -> None:
        """The database's floor, in ACU."""
        cluster = self._settings.database_cluster
        [found] = self._rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
        wanted = {"MinCapacity": floor, "MaxCapacity": self._settings.capacity_max}
        there = found.get("ServerlessV2ScalingConfiguration", {})
        if {name: there.get(name) for name in wanted} != wanted:
            self._rds.modify_db_cluster(
                DBClusterIdentifier=cluster, ServerlessV2ScalingConfiguration=wanted, ApplyImmediately=True
            )

    def read_state(self) -> State:
        """What was kept; nothing at first, or when it can't be read."""
        try:
            parameter = self._ssm.get_parameter(Name=self._settings.scaler_state)["Parameter"]
            return msgspec.json.decode(parameter["Value"], type=State)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
        except msgspec.DecodeError:
            pass
        return State()

    def keep_state(self, state: State) -> None:
        """Keep it; Systems Manager keeps the last hundred, which is the history."""
        self._ssm.put_parameter(
            Name=self._settings.scaler_state,
            Value=msgspec.json.encode(state).decode(),
            Type="String",
            Overwrite=True,
        )


def _resource(service: Service) -> str:
    return f"function:{service.function}:{service.alias}"


def _query(query_id: str, service: Service, metric: str, statistic: str) -> dict[str, Any]:
    dimensions = {"FunctionName": service.function, "Resource": f"{service.function}:{service.alias}"}
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": PERIOD_S,
            "Stat": statistic,
        },
    }


def _read(results: Mapping[str, Any], number: int) -> Demand | None:
    values = {}
    for measure, (_, _, factor) in METRICS.items():
        result = results.get(f"{measure}_{number}", {"StatusCode": "InternalError"})
        if result["StatusCode"] in ("InternalError", "Forbidden"):
            return None
        # A function that nobody calls has no figures.
        values[measure] = factor * max(result["Values"], default=0.0)
    return Demand(values["in_flight"], int(values["refused"]), values["latency_s"])
