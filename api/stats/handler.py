"""The stats service on AWS Lambda."""

from api.shared.lambda_handler import LambdaHandler
from api.stats.app import create_app

handler = LambdaHandler(create_app())
