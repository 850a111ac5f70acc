"""AWS Lambda's entry: `api.users.handler.handler`.

A schedule calls it each minute with `{"task": "finish_deletions"}`: nothing runs here between requests.
"""

from api.shared.lambda_handler import LambdaHandler
from api.users.app import create_app

_app = create_app()
handler = LambdaHandler(_app, tasks={"finish_deletions": _app.state.services.deletion.finish_all})
