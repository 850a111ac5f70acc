"""The stats service on AWS Lambda."""

from api.shared.lambda_handler import make_handler
from api.stats.app import create_app

handler = make_handler(create_app())
