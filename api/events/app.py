"""The events service."""

from litestar import Litestar

from api.events.catalogue import webhooks
from api.events.controllers import EventController
from api.events.settings import EventsSettings
from api.shared.app import make_app
from api.shared.tokens import KeySource


def create_app(settings: EventsSettings | None = None, key_source: KeySource | None = None) -> Litestar:
    """The application; without settings they are the environment's, without a source keys are the gateway's."""
    return make_app(
        name="events",
        path="events",
        settings=settings or EventsSettings.read(),
        controllers=[EventController],
        key_source=key_source,
        webhooks=webhooks,
    )
