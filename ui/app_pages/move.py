"""Move money: pay in, transfer, take out; with a look before and a receipt after."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import cards, layout, move_form, moving, onboarding, problems, session
from ui.components.money import format_money
from ui.components.text import capital
from ui.components.when import moment, now


def review(work: moving.Work, draft: moving.Draft) -> None:
    """Everything once more, and the one button that posts."""
    st.html('<h3 class="tm-step">Is this right?</h3>')
    st.html(f'<p class="tm-amount">{format_money(draft.amount, draft.account.currency)}</p>')
    sender, receiver = draft.parties
    rows = [("From", sender), ("To", receiver)]
    if draft.memo:
        rows.append(("Memo", draft.memo))
    st.html(cards.facts(rows))
    if draft.is_sent:
        st.info("You confirmed this already. Confirm again to see what became of it: the bank posts it only once.")
    if st.button("Confirm", type="primary", width="stretch", icon=":material/check:", key="confirm"):
        try:
            draft.post(session.accounts())
        except ApiError as error:
            problems.show(error)
            if not error.is_outcome_known:
                st.caption("Not sure whether it went through? Confirm again: the bank posts it only once.")
        else:
            st.rerun()
    if st.button("Change something", width="stretch", icon=":material/arrow_back:"):
        work.draft = None
        st.rerun()


def receipt(draft: moving.Draft) -> None:
    """What was posted."""
    done = draft.posted
    if done is None:
        return
    st.html('<div class="tm-done"><span>✓</span><h3>Done</h3></div>')
    st.html(f'<p class="tm-amount">{format_money(done.amount, done.currency)}</p>')
    sender, receiver = draft.parties
    posted_at = capital(moment(done.time, now=now(), seconds=True))
    rows = [("From", sender), ("To", receiver), ("When", posted_at)]
    if draft.memo:
        rows.append(("Memo", draft.memo))
    balance = format_money(done.balance_after, done.currency)
    rows += [(f"Balance of {cards.short(draft.account)}", balance), ("Reference", done.transfer_id)]
    st.html(cards.facts(rows))
    if st.button("Move more money", type="primary", width="stretch", icon=":material/swap_horiz:"):
        moving.start()
        st.rerun()


user = session.user()
accounts = [account for account in session.accounts().of_user(user.user_id) if account.can_move_money]
layout.head("Move money", "You see everything once more before it happens.")
work = moving.current_work()
draft = work.draft
if not user.approved:
    onboarding.banner(user)
elif draft is not None:
    with st.container(border=True, width=620, key="tm-form"):
        if draft.posted is None:
            review(work, draft)
        else:
            receipt(draft)
elif accounts:
    work.draft = move_form.ask(accounts)
    work.keep()
    if work.draft is not None:
        st.rerun()
else:
    layout.empty(
        "No account to move money with",
        "Open one first; it is ready at once.",
        "account_balance",
        action=("Open an account", "open"),
    )
