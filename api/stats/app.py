"""The stats service."""

from litestar import Litestar

from api.shared.app import make_app
from api.shared.tokens import KeySource
from api.stats.controllers import StatsController
from api.stats.settings import StatsSettings


def create_app(settings: StatsSettings | None = None, key_source: KeySource | None = None) -> Litestar:
    """The application; without settings they are the environment's, without a source keys are the gateway's."""
    return make_app(
        name="stats",
        path="stats",
        settings=settings or StatsSettings.read(),
        controllers=[StatsController],
        key_source=key_source,
    )
