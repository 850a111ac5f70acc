"""AWS Lambda's entry: `api.users.handler.handler`.

Schedules call it each minute with `{"task": "finish_deletions"}`, each hour with `{"task": "forget_ended"}`.
"""

from api.shared.lambda_handler import LambdaHandler
from api.users.app import create_app

handler = LambdaHandler(create_app())
