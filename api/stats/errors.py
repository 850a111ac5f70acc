"""What the stats service refuses, beyond what every service does."""

from api.shared.errors import InvalidRequest


class InvalidParameter(InvalidRequest):
    """A query parameter that cannot be used; names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(errors=[{"field": field, "message": message}])
