"""Refusals and failures in words that help."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import refusals
from ui.components.text import literal
from ui.language import N_, _, _n

_SENTENCES = {
    "unreachable": N_("We can’t reach the bank just now. What you typed is still here; try again shortly."),
    "no_answer": N_("The bank did not answer in time. What you typed is still here; try again shortly."),
    "bad_answer": N_("The bank answered in a way this app does not understand. Please try again shortly."),
    "unavailable": N_(
        "A part of the bank is taking a break. What you typed is still here; try again in a moment."
    ),
    "too_many_requests": N_("That was a lot of attempts in a short time. Please wait a little, then try again."),
    "payload_too_large": N_("That file is too large. A photo may have at most 4 MiB."),
    "internal_error": N_("Something went wrong on our side. Nothing was changed; please try again."),
    "unauthenticated": N_("Please sign in again."),
    "forbidden": N_("Your user is not allowed to do that."),
    "not_found": N_("We can’t find that."),
    "insufficient_funds": N_("There isn’t enough money in the account for this."),
    "account_closed": N_("This account is closed, so no money moves through it."),
    "account_not_approved": N_("This account is waiting for approval. Money can move as soon as it is approved."),
    "user_not_approved": N_("We have to confirm who you are first. Money can move as soon as that is done."),
    "currency_differs": N_("The two accounts have different currencies. Choose an account in the same currency."),
    "same_account": N_("That is the same account twice. Choose another one to pay to."),
    "daily_limit_exceeded": N_("This is over the account’s daily limit. Try a smaller amount, or tomorrow."),
    "balance_limit_exceeded": N_("The account can’t hold that much. Try a smaller amount."),
    "too_many_accounts": N_("You have as many open accounts as one person may have. Close one first."),
    "too_many_owners": N_("This account has as many owners as one may have."),
    "too_many_invitations": N_("You have invited this person to three other accounts. Wait for their answer."),
    "invitation_refused": N_("This person has refused to share an account with you. Talk to them first."),
    "reset_refused": N_("Email and code don’t match, or the code was used or is too old. Ask for a new one."),
    "recipient_unavailable": N_("We can’t pay to that account. Check the number with the person it belongs to."),
    "too_many_payees": N_("You keep as many names of others as we can hold for you. Remove one first."),
    "too_many_tokens": N_("You have as many tokens as one person may have. Revoke one first."),
    "wrong_password": N_("That is not your password."),
    "email_taken": N_("There is a user with this email already."),
    "photo_refused": N_("We can’t use this file. Save the photo as a plain JPEG, PNG or WebP, and send that."),
    "photo_not_replaceable": N_("We have a photo of yours. You can send another when it was not accepted."),
    "idempotency_conflict": N_("This movement was already sent with other details. Please start it again."),
    "own_account": N_("You own this account, or one side of the movement. Ask another member of staff."),
    "last_owner": N_("You are the only owner of this account. Close it instead, or invite somebody first."),
    "user_leaving": N_("This user is being deleted."),
    "password_required": N_("Type your password: it is needed for this."),
    "nothing_to_review": N_("There is no photo that waits for a decision."),
    "photo_replaced": N_("They have sent another photo since you looked. Look at that one first."),
    "already_decided": N_("Somebody decided about this photo already, and otherwise."),
    "already_reversed": N_("This movement has been reversed already."),
    "not_reversible": N_("This is a reversal. It can’t be reversed."),
    "overdraft_in_use": N_("More is owed on the account already than this limit allows."),
    "invalid_request": N_("The bank can’t read this. Check what you typed."),
    "invalid_range": N_("The end is before the beginning."),
    "conflict": N_("This can’t be done just now: something has changed meanwhile. Load the page again."),
    "unsupported_media_type": N_(
        "We can’t use this file. Save the photo as a plain JPEG, PNG or WebP, and send that."
    ),
    "request_timeout": N_("It took too long to reach the bank. Try again."),
    "balance_not_zero": N_(
        "There is still money in the account, or some is owed. Bring the balance to zero first."
    ),
}


def sentence(error: ApiError) -> str:
    """One or two sentences, safe as Markdown, for the person who got the refusal."""
    known = _SENTENCES.get(error.code)
    if known is not None:
        text = _(known)
    else:
        # The bank's own words, in English.
        text = literal(error.detail) if error.detail else _("That did not work. Please try again.")
    if error.retry_after_s is not None and error.retry_after_s >= 2:
        seconds = round(error.retry_after_s)
        text += " " + _n("({count} second should do.)", "({count} seconds should do.)", seconds)
    return text


def show(error: ApiError) -> None:
    """Show a refusal where the page stands."""
    lines = [
        ": ".join(literal(part) for part in (refusals.field_name(item), refusals.sentence(item)) if part)
        for item in error.errors
    ]
    if lines:
        st.error("\n\n".join(lines), icon=":material/error:")
    elif error.is_passing:
        st.warning(sentence(error), icon=":material/cloud_off:")
    else:
        st.error(sentence(error), icon=":material/error:")
