"""AWS Lambda's entry: `api.accounts.handler.handler`."""

from api.accounts.app import create_app
from api.shared.lambda_handler import LambdaHandler

handler = LambdaHandler(create_app())
