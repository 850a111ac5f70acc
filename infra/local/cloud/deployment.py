"""Puts functions and an HTTP API before them into the emulator, through the calls of the AWS API."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from infra.local.cloud.calls import EmulatedAws, EmulatorError
from infra.local.cloud.routes import PRIVATE, PUBLIC

API_ID = "tidemark"
STAGE = "$default"
# Where the emulator serves the API: what follows is the path as the function gets it.
BASE_PATH = f"/_aws/execute-api/{API_ID}/{STAGE}"
HEALTH_PATH = "/_ministack/health"
FUNCTION_TIMEOUT_S = 29
# Instances that wait from the start on. A review asks the accounts, who ask the users for their keys meanwhile.
INSTANCES = {"users": 2, "accounts": 2}


class Function(msgspec.Struct, frozen=True):
    """One function: its archive, and all of its environment that is not Lambda's own."""

    archive: str
    handler: str
    environment: dict[str, str]


class Deployment(msgspec.Struct, frozen=True):
    """Everything that is deployed. `account` is the AWS account: twelve digits."""

    account: str
    region: str
    issuer: str
    audience: str
    python: str
    architecture: str
    functions: dict[str, Function]


def deploy(deployment: Deployment, aws: EmulatedAws) -> None:
    """Make everything and start each function once, the API last. Raises EmulatorError."""
    integrations = {}
    api_id = aws.call(
        "apigateway",
        "/v2/apis",
        {"name": "bank", "protocolType": "HTTP", "tags": {"ms-custom-id": API_ID}},
    )["apiId"]
    api = f"/v2/apis/{api_id}"
    for name, function in deployment.functions.items():
        arn = _make_function(aws, deployment, name, function)
        integration = {"integrationType": "AWS_PROXY", "integrationUri": arn, "payloadFormatVersion": "2.0"}
        integrations[name] = aws.call("apigateway", f"{api}/integrations", integration)["integrationId"]
    _warm(aws, deployment)
    authorizer = {
        "name": "tokens",
        "authorizerType": "JWT",
        "identitySource": ["$request.header.Authorization"],
        "jwtConfiguration": {"issuer": deployment.issuer, "audience": [deployment.audience]},
    }
    authorizer_id = aws.call("apigateway", f"{api}/authorizers", authorizer)["authorizerId"]
    check = {"authorizationType": "JWT", "authorizerId": authorizer_id}
    for service, integration_id in integrations.items():
        for key in (*PUBLIC[service], *PRIVATE[service]):
            route = {"routeKey": key, "target": f"integrations/{integration_id}"}
            aws.call("apigateway", f"{api}/routes", route | (check if key in PRIVATE[service] else {}))
    aws.call("apigateway", f"{api}/stages", {"stageName": STAGE, "autoDeploy": True})


def _make_function(aws: EmulatedAws, deployment: Deployment, name: str, function: Function) -> str:
    """Its ARN."""
    code = base64.b64encode(Path(function.archive).read_bytes()).decode()
    made = {
        "FunctionName": name,
        "Runtime": f"python{deployment.python}",
        "Role": f"arn:aws:iam::{deployment.account}:role/{name}",
        "Handler": function.handler,
        "Code": {"ZipFile": code},
        "Timeout": FUNCTION_TIMEOUT_S,
        "MemorySize": 1024,
        "Architectures": [deployment.architecture],
        "Environment": {"Variables": function.environment},
    }
    arn: str = aws.call("lambda", "/2015-03-31/functions", made)["FunctionArn"]
    return arn


def _warm(aws: EmulatedAws, deployment: Deployment) -> None:
    """Start the instances, each by a call of its own at the same time as the others."""

    def start(name: str) -> None:
        answer = aws.call("lambda", f"/2015-03-31/functions/{name}/invocations", {"source": "tidemark"})
        if answer != {"is_warm": True}:
            raise EmulatorError(f"The function {name} does not start: {answer}")

    names = [name for name in deployment.functions for _ in range(INSTANCES.get(name, 1))]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(start, names))
