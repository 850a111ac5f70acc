"""AWS Lambda's entry: `api.users.handler.handler`."""

from api.shared.lambda_handler import LambdaHandler
from api.users.app import create_app

handler = LambdaHandler(create_app())
