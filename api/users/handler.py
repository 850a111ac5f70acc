"""AWS Lambda's entry: `api.users.handler.handler`.

A schedule calls it each minute with `{"task": "finish_deletions"}`.
"""

from api.shared.lambda_handler import LambdaHandler
from api.users.app import create_app

handler = LambdaHandler(create_app())
