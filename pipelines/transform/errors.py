"""Why a transformation stops."""


class TransformError(Exception):
    """The project can't be parsed or a model can't be built; what was built stays, and the next run goes on."""
