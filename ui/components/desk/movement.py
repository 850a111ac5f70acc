"""One movement as staff see it, and its reversal."""

from datetime import datetime
from uuid import uuid4

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.clients.statement import Transaction
from ui.clients.users import User
from ui.components import cards, confirm, layout, problems, session, statement, when
from ui.components.facts import facts
from ui.components.fields import FieldProblems
from ui.components.money import format_money
from ui.components.text import capital, html
from ui.language import _

PLACE = "/people"


def show(account: Account, me: User) -> None:
    """The movement that the address names, or that there is none in this account."""
    line = _found(account)
    if line is None:
        layout.empty(_("No such movement"), _("It is not in this account’s statement."), "receipt_long")
        return
    own = {account.account_id: account}
    with st.container(border=True, width=620, key="tm-form"):
        st.html(f'<h2 class="tm-step">{html(statement.title(line, own))}</h2>')
        amount = format_money(line.amount, account.currency, signed=True)
        st.html(f'<p class="tm-amount">{html(amount)}</p>')
        moment = capital(when.moment(line.time, now=when.now(), seconds=True))
        rows = [(_("Account"), cards.option(account)), (_("When"), moment)]
        if line.memo:
            rows.append((_("Memo"), line.memo))
        rows += [
            (_("Balance after it"), format_money(line.balance_after, account.currency)),
            (_("Reference"), line.transfer_id),
        ]
        st.html(cards.facts(rows))
        if note := statement.reversal_note(line, at=PLACE):
            st.html(f'<p class="tm-question" role="status">{note}</p>')
        if line.kind == "reversal":
            st.caption(_("This is a reversal. It can’t be reversed."))
        elif me.acts_on_accounts and line.reversed_by_id is None:
            _reversal(line, account)


def _found(account: Account) -> Transaction | None:
    try:
        time = datetime.fromisoformat(st.query_params.get("at", ""))
    except ValueError:
        return None
    if time.tzinfo is None:
        return None
    return session.accounts().movement(account.account_id, st.query_params["movement"], time)


def _reversal(line: Transaction, account: Account) -> None:
    key = f"reverse_{line.id}"
    wrong = FieldProblems()
    reason = st.text_input(
        _("Reason for a reversal"), key=f"{key}_reason", help=_("Both sides read it as the memo.")
    ).strip()
    wrong.place("reason")
    wrong.limit("reason", reason, facts().memo_max_characters)
    is_complete = reason != "" and not wrong.found
    if is_complete and confirm.is_asked(key):
        amount = format_money(abs(line.amount), account.currency)
        text = _("Move {amount} back, on both accounts? Both sides read: {reason}", amount=amount, reason=reason)
        confirm.question(text, _("Yes, reverse it"), lambda: _reverse(line, reason, key))
        return
    st.button(
        _("Reverse"),
        icon=":material/undo:",
        key=key,
        width="stretch",
        disabled=not is_complete,
        on_click=confirm.ask,
        args=(key,),
    )


def _reverse(line: Transaction, reason: str, key: str) -> None:
    # Kept until it is known what became of it: a repeat posts nothing more.
    sent = st.session_state.setdefault(f"{key}_key", str(uuid4()))
    try:
        session.accounts().reverse(line.id, reason, key=sent)
    except ApiError as error:
        if error.is_outcome_known:
            st.session_state.pop(f"{key}_key")
        else:
            # The question stands on, for the same answer with the same key.
            confirm.ask(key)
        problems.show(error)
        return
    st.rerun()
