"""What the users service refuses, beyond what all services do."""

from api.shared.errors import Conflict, Forbidden, Unauthenticated


class EmailTaken(Conflict):
    code, detail = "email_taken", "There is already a user with this email."


class WrongCredentials(Unauthenticated):
    """Unknown user, wrong password and too many attempts: one answer, so that none can be told from another."""

    def __init__(self) -> None:
        super().__init__("Email and password do not match, or there were too many attempts. Try again later.")


class WrongPassword(Forbidden):
    """The caller is signed in, but the current password that the call needs is not theirs."""

    code, detail = "wrong_password", "The current password is not right."


class ResetRefused(Conflict):
    """Unknown user, wrong code, used or expired, too many attempts: one answer for all."""

    code = "reset_refused"
    detail = "Email and code do not match, the code was used or is too old, or there were too many attempts."


class PasswordRequired(Forbidden):
    code, detail = "password_required", "This needs the current password as `current_password`."


class PhotoRefused(Conflict):
    code, detail = "photo_refused", "The photo is no picture of a kind and size that is taken."


class PhotoNotReplaceable(Conflict):
    code, detail = "photo_not_replaceable", "A photo can be sent while there is none or when it was rejected."


class NothingToReview(Conflict):
    code, detail = "nothing_to_review", "This user has no photo that waits for a decision."


class PhotoReplaced(Conflict):
    code, detail = "photo_replaced", "The user has sent another photo since you looked. Look at that one first."


class AlreadyDecided(Conflict):
    code, detail = "already_decided", "This photo was decided on otherwise."


class TooManyTokens(Conflict):
    code, detail = "too_many_tokens", "There are too many tokens. Revoke one that is no longer used."


class UserLeaving(Conflict):
    code, detail = "user_leaving", "The user is being deleted."
