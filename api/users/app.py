"""The users service as an ASGI application."""

from typing import Any

from litestar import Litestar

from api.shared.app import make_app
from api.shared.tasks import Task, keep_doing
from api.users.dependencies import DEPENDENCIES
from api.users.identity.controllers import PhotoController, ReviewController
from api.users.people.controllers import PeopleController
from api.users.profile.controllers import ProfileController
from api.users.recovery.controllers import RecoveryController
from api.users.services import make_services
from api.users.sessions.controllers import (
    ProgramTokenController,
    SessionController,
    SignInController,
)
from api.users.settings import UsersSettings
from api.users.well_known import WellKnownController


def create_app(settings: UsersSettings | None = None) -> Litestar:
    """The application; settings come from the environment unless given. Raises SettingsError."""
    settings = settings or UsersSettings.read()

    async def own_keys() -> dict[str, Any]:
        return await app.state.services.public_keys()

    app = make_app(
        name="users",
        path="user",
        settings=settings,
        controllers=[
            ProfileController,
            SignInController,
            SessionController,
            ProgramTokenController,
            PhotoController,
            ReviewController,
            PeopleController,
            RecoveryController,
            WellKnownController,
        ],
        dependencies=DEPENDENCIES,
        key_source=own_keys,
    )
    app.state.services = make_services(settings, app.state.engine)
    keep_doing(
        app,
        {
            "finish_deletions": Task(app.state.services.deletion.finish_all, every_s=60),
            "complete_index": Task(app.state.services.people.complete_index, every_s=600),
            "forget_ended": Task(app.state.services.sessions.forget_ended, every_s=3600),
        },
    )
    return app
