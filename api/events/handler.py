"""The events service on AWS Lambda."""

from api.events.app import create_app
from api.shared.lambda_handler import LambdaHandler

handler = LambdaHandler(create_app())
