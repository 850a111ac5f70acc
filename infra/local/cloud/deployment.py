"""Puts functions and an HTTP API before them into the emulator, through the calls of the AWS API."""

import base64
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec

from infra.local.cloud.routes import PRIVATE, PUBLIC

API_ID = "tidemark"
STAGE = "$default"
# Where the emulator serves the API: what follows is the path as the function gets it.
BASE_PATH = f"/_aws/execute-api/{API_ID}/{STAGE}"
HEALTH_PATH = "/_ministack/health"
# A first call unpacks the archive and imports it, on a machine that starts much else.
TIMEOUT_S = 90.0
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


class DeploymentError(Exception):
    """The emulator refused something; the text says what."""


def client(socket: Path) -> httpx.Client:
    """Speaks to the emulator behind a Unix socket."""
    transport = httpx.HTTPTransport(uds=str(socket))
    return httpx.Client(transport=transport, base_url="http://localhost", timeout=TIMEOUT_S, trust_env=False)


def deploy(deployment: Deployment, emulator: httpx.Client) -> None:
    """Make everything and start each function once, the API last. Raises DeploymentError."""
    aws = _Aws(deployment, emulator)
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


def _make_function(aws: "_Aws", deployment: Deployment, name: str, function: Function) -> str:
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


def _warm(aws: "_Aws", deployment: Deployment) -> None:
    """Start the instances, each by a call of its own at the same time as the others."""

    def start(name: str) -> None:
        answer = aws.call("lambda", f"/2015-03-31/functions/{name}/invocations", {"source": "tidemark"})
        if answer != {"is_warm": True}:
            raise DeploymentError(f"The function {name} does not start: {answer}")

    names = [name for name in deployment.functions for _ in range(INSTANCES.get(name, 1))]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(start, names))


class _Aws:
    def __init__(self, deployment: Deployment, emulator: httpx.Client) -> None:
        self._scope = f"{deployment.account}/20260101/{deployment.region}"
        self._emulator = emulator

    def call(self, service: str, path: str, body: Mapping[str, Any]) -> Any:
        # The emulator looks for account, region and service in the signature, and does not check it.
        credential = f"Credential={self._scope}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}"}
        answer = self._emulator.post(path, json=body, headers=headers)
        if not answer.is_success:
            raise DeploymentError(f"{path} was answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()
