"""Errors that more than one step raises."""


class StepError(Exception):
    """A step can't go on, and trying it again at once would end in the same way. The message says what to do."""


class NothingExtracted(StepError):
    """There is no batch yet, so there is nothing to build, to prove or to publish."""

    def __init__(self) -> None:
        super().__init__("raw.batch is empty: run an extract first.")


class Refused(StepError):
    """What was built is not fit to be published; readers keep the last good publication."""


class TimeZoneChanged(StepError):
    """The bank's time zone was changed after its first publication."""

    def __init__(self, published: str, wanted: str) -> None:
        super().__init__(
            f"The bank's statistics are cut in the time zone {published}, fixed at the first start; "
            f"TIDEMARK_TIME_ZONE says {wanted}. Set it back to {published}."
        )
