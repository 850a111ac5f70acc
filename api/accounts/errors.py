"""Why money does not move and accounts do not change, in words for people."""

from api.shared.errors import Conflict, InvalidRequest, NotFound, TidemarkError, Unprocessable, ValueRefused

REFUSALS = {
    "invalid_request": "The movement is not of a form this bank posts.",
    "not_found": "There is no such account that you may use.",
    "user_not_approved": "Money moves and accounts are shared only once your identity has been approved.",
    "account_not_approved": "Money moves only once this account has been approved.",
    "account_closed": "The account is closed.",
    "same_account": "Source and destination are the same account.",
    "insufficient_funds": "The balance is not enough.",
    "currency_differs": "The two accounts are in different currencies.",
    "daily_limit_exceeded": "More would leave the account today than may in one day (UTC).",
    "balance_limit_exceeded": "The account would hold more than an account can.",
    "too_many_accounts": "You have as many open accounts as one user may have. Close one first.",
    "too_many_owners": "The account has as many owners as one may have.",
    "too_many_invitations": "You have invited this user to three other accounts. Wait for an answer.",
    "too_many_payees": "You keep as many names of others as one user may. Forget one first.",
    "invitation_refused": "This user has refused this invitation, or three others of yours. Try again later.",
    "recipient_unavailable": "The recipient cannot receive this. Check the account and its currency.",
    "not_posted": "Nothing was posted, because another movement of the same request was refused.",
    "already_reversed": "This movement has been reversed already.",
    "not_reversible": "A reversal cannot be reversed.",
    "balance_not_zero": "Only an account whose balance is zero can be closed.",
    "last_owner": "An account keeps at least one owner, who is not about to be deleted.",
    "user_leaving": "The user is being deleted.",
    "own_account": "Staff do this for others, never for an account of their own.",
    "overdraft_in_use": "More is owed on the account already than this limit allows.",
}


class NotAnAccount(ValueRefused):
    """Neither an account id nor a number whose check digit is right."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "is neither an account id nor a valid account number")


class NoAnswer(TidemarkError):
    """A posting function returned no row, which it always does."""


class IdempotencyConflict(Unprocessable):
    code, detail = "idempotency_conflict", "This Idempotency-Key was used for another request."


class NothingPosted(Conflict):
    """An all-or-nothing request of which something was refused; `items` are the outcomes."""

    code, detail = "not_posted", "Nothing was posted, because a movement of the request was refused."


def refusal(code: str) -> TidemarkError:
    """The error that a refusal's code is answered with: 404, 400, else 409."""
    if code == "not_found":
        return NotFound()
    if code == "invalid_request":
        return InvalidRequest(REFUSALS[code])
    return Conflict(REFUSALS[code], code=code)
