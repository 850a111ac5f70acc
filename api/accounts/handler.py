"""AWS Lambda's entry: `api.accounts.handler.handler`.

Schedules call it each hour with `{"task": "forget_requests"}`, each day with `{"task": "look_for_abandoned"}`.
"""

from api.accounts.app import create_app
from api.shared.lambda_handler import LambdaHandler

handler = LambdaHandler(create_app())
