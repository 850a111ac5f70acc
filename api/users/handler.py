"""AWS Lambda's entry: `api.users.handler.handler`."""

from api.shared.lambda_handler import make_handler
from api.users.app import create_app

handler = make_handler(create_app())
