"""AWS Lambda's entry: `api.accounts.handler.handler`.

A schedule calls it each hour with `{"task": "forget_requests"}`.
"""

from api.accounts.app import create_app
from api.shared.lambda_handler import LambdaHandler

handler = LambdaHandler(create_app())
