"""What can go wrong when the app talks to the bank."""

import msgspec


class FieldProblem(msgspec.Struct, frozen=True):
    """One field that the service refused, and why."""

    field: str
    message: str


class ApiError(Exception):
    """A call that did not succeed.

    `code` is the service's stable code, or `unreachable` (nothing was sent), `no_answer` (sent, but the
    reply was lost) or `bad_answer` (not a reply of this API). `retry_after_s` is set when the service
    asked for patience.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        status: int = 0,
        errors: tuple[FieldProblem, ...] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.status = status
        self.errors = errors
        self.retry_after_s = retry_after_s

    @property
    def is_outcome_known(self) -> bool:
        """False when the bank may or may not have done what was asked: ask again with the same key."""
        return self.code == "unreachable" or 400 <= self.status < 500

    @property
    def is_passing(self) -> bool:
        """True when waiting a little and trying again is the thing to do."""
        return self.status in {0, 429, 500, 502, 503, 504}


class SessionEnded(ApiError):
    """The sign-in is over: signed out elsewhere, idle for too long, or at its time limit."""

    def __init__(self) -> None:
        super().__init__("session_ended", "Please sign in again.", status=401)
