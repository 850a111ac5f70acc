"""AWS Lambda's entry: `api.users.handler.handler`.

Schedules call it each minute with `{"task": "finish_deletions"}`, each hour with `{"task": "forget_ended"}`;
`tidemark cloud staff-add` calls it with a command.
"""

from functools import partial

from api.shared.lambda_handler import LambdaHandler
from api.users.app import create_app
from api.users.staff import add_staff

app = create_app()
handler = LambdaHandler(app, {"add_staff": partial(add_staff, app.state.services)})
