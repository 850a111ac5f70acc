"""Refusals and failures in words that help."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components.text import literal

_SENTENCES = {
    "unreachable": "We can’t reach the bank just now. What you typed is still here; try again shortly.",
    "no_answer": "The bank did not answer in time. What you typed is still here; try again shortly.",
    "bad_answer": "The bank answered in a way this app does not understand. Please try again shortly.",
    "unavailable": "A part of the bank is taking a break. What you typed is still here; try again in a moment.",
    "too_many_requests": "That was a lot of attempts in a short time. Please wait a little, then try again.",
    "payload_too_large": "That file is too large. A photo may have at most 4 MiB.",
    "internal_error": "Something went wrong on our side. Nothing was changed; please try again.",
    "unauthenticated": "Please sign in again.",
    "forbidden": "Your user is not allowed to do that.",
    "not_found": "We can’t find that.",
    "insufficient_funds": "There isn’t enough money in the account for this.",
    "account_closed": "This account is closed, so no money moves through it.",
    "account_not_approved": "This account is waiting for approval. Money can move as soon as it is approved.",
    "user_not_approved": "We have to confirm who you are first. Money can move as soon as that is done.",
    "currency_differs": "The two accounts have different currencies. Choose an account in the same currency.",
    "same_account": "That is the same account twice. Choose another one to pay to.",
    "daily_limit_exceeded": "This is over the account’s daily limit. Try a smaller amount, or tomorrow.",
    "balance_limit_exceeded": "The account can’t hold that much. Try a smaller amount.",
    "too_many_accounts": "You have as many open accounts as one person may have. Close one first.",
    "too_many_owners": "This account has as many owners as one may have.",
    "too_many_invitations": "You have invited this person to three other accounts. Wait for their answer.",
    "recipient_unavailable": "We can’t pay to that account. Check the number with the person it belongs to.",
    "idempotency_conflict": "This movement was already sent with other details. Please start it again.",
    "last_owner": "You are the only owner of this account. Close it instead, or invite somebody first.",
    "user_leaving": "This user is being deleted.",
    "balance_not_zero": "There is still money in the account, or some is owed. Bring the balance to zero first.",
}


def sentence(error: ApiError) -> str:
    """One or two sentences, safe as Markdown, for the person who got the refusal."""
    known = _SENTENCES.get(error.code)
    text = known if known is not None else literal(error.detail or "That did not work. Please try again.")
    if error.retry_after_s is not None and error.retry_after_s >= 2:
        text += f" ({round(error.retry_after_s)} seconds should do.)"
    return text


def show(error: ApiError, *, labels: dict[str, str] | None = None) -> None:
    """Show a refusal where the page stands; `labels` name the fields as the form does."""
    lines = [
        f"**{(labels or {}).get(item.field, literal(item.field) or 'Form')}** — {literal(item.message)}"
        for item in error.errors
    ]
    if lines:
        st.error("\n\n".join(lines), icon=":material/error:")
    elif error.is_passing:
        st.warning(sentence(error), icon=":material/cloud_off:")
    else:
        st.error(sentence(error), icon=":material/error:")
