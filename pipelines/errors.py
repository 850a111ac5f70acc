"""Errors that more than one step raises."""


class Refused(Exception):
    """What was built is not fit to be published; readers keep the last good publication."""


class TimeZoneChanged(Exception):
    """The bank's time zone was changed after its first publication."""

    def __init__(self, published: str, wanted: str) -> None:
        super().__init__(
            f"The bank's statistics are cut in the time zone {published}, fixed at the first start; "
            f"TIDEMARK_TIME_ZONE says {wanted}. Set it back to {published}."
        )
