"""The users service as an ASGI application."""

import asyncio
from typing import Any

from litestar import Litestar

from api.shared.app import make_app
from api.users.dependencies import DEPENDENCIES
from api.users.identity.controllers import PhotoController, ReviewController
from api.users.profile.controllers import ProfileController
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
            WellKnownController,
        ],
        dependencies=DEPENDENCIES,
        key_source=own_keys,
    )
    app.state.services = make_services(settings, app.state.engine)
    # Not on Lambda, where nothing runs between requests.
    app.on_startup.append(_finish_deletions)
    app.on_shutdown.insert(0, _stop_finishing)
    return app


async def _finish_deletions(app: Litestar) -> None:
    app.state.finishing = asyncio.create_task(app.state.services.deletion.finish_now_and_then())


async def _stop_finishing(app: Litestar) -> None:
    app.state.finishing.cancel()
