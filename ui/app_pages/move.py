"""Move money: pay in, transfer, take out; with a look before and a receipt after."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import cards, layout, move_form, moving, onboarding, problems, receipt, session
from ui.components.money import format_money
from ui.components.text import capital, html
from ui.components.when import moment, now
from ui.language import _


def review(work: moving.Work, draft: moving.Draft) -> None:
    """Everything once more, and the one button that posts."""
    st.html(f'<h2 class="tm-step">{html(_("Is this right?"))}</h2>')
    sender, receiver = draft.parties
    rows = [(_("From"), sender), (_("To"), receiver)]
    if draft.memo:
        rows.append((_("Memo"), draft.memo))
    receipt.show(format_money(draft.amount, draft.account.currency), rows)
    if draft.is_new_payee:
        st.info(
            _("You have not paid this account before. Compare the number with the person it belongs to."),
            icon=":material/person_search:",
        )
    if draft.is_sent:
        st.info(
            _("You confirmed this already. Confirm again to see what became of it: the bank posts it only once.")
        )
    if st.button(_("Confirm"), type="primary", width="stretch", icon=":material/check:", key="confirm"):
        try:
            draft.post(session.accounts())
        except ApiError as error:
            problems.show(error)
            if not error.is_outcome_known:
                st.caption(_("Not sure whether it went through? Confirm again: the bank posts it only once."))
        else:
            st.rerun()
    if st.button(_("Change something"), width="stretch", icon=":material/arrow_back:"):
        work.draft = None
        st.rerun()


def done(work: moving.Work, draft: moving.Draft) -> None:
    """What was posted, to keep and to do again."""
    posted = draft.posted
    if posted is None:
        return
    # Here, because a second click may have ended the run that posted.
    draft.keep_payee(session.accounts())
    st.html(f'<div class="tm-done"><span>✓</span><h2>{html(_("Done"))}</h2></div>')
    sender, receiver = draft.parties
    posted_at = capital(moment(posted.time, now=now(), seconds=True))
    rows = [(_("From"), sender), (_("To"), receiver), (_("When"), posted_at)]
    if draft.memo:
        rows.append((_("Memo"), draft.memo))
    amount = format_money(posted.amount, posted.currency)
    shared = [*rows, (_("Reference"), posted.transfer_id)]
    balance = format_money(posted.balance_after, posted.currency)
    rows.append((_("Balance of {account}", account=cards.short(draft.account)), balance))
    receipt.show(amount, [*rows, (_("Reference"), posted.transfer_id)])
    # The balance stays with the person.
    receipt.ways("move", _("Receipt"), amount, shared)
    if st.button(_("Move more money"), type="primary", width="stretch", icon=":material/swap_horiz:"):
        moving.start()
        st.rerun()
    if st.button(_("Same again"), width="stretch", icon=":material/replay:"):
        moving.start(**work.typed)
        st.rerun()


user = session.user()
accounts = [account for account in session.accounts().of_user(user.user_id) if account.can_move_money]
layout.head(_("Move money"), _("You see everything once more before it happens."))
work = moving.current_work()
draft = work.draft
if not user.approved:
    onboarding.banner(user)
elif draft is not None:
    with st.container(border=True, width=620, key="tm-form"):
        if draft.posted is None:
            review(work, draft)
        else:
            done(work, draft)
elif accounts:
    work.draft = move_form.ask(accounts, work)
    work.keep()
    if work.draft is not None:
        st.rerun()
else:
    layout.empty(
        _("No account to move money with"),
        _("Open one first; it is ready at once."),
        "account_balance",
        action=(_("Open an account"), "open"),
    )
