"""Why a transformation stops."""

from pipelines.errors import StepError


class TransformError(StepError):
    """The project can't be parsed or a model can't be built; what was built stays, and the next run goes on."""
