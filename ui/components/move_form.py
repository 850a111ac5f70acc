"""The first step of moving money: which way, which account, how much."""

from collections.abc import Sequence

import streamlit as st

from ui.clients.accounts import Account
from ui.components import cards, enter, moving
from ui.components.facts import facts
from ui.components.fields import FieldProblems
from ui.components.money import AmountError, exponent, format_money, parse_amount
from ui.components.picker import Choice

OWN, OTHERS = "One of my accounts", "Somebody else"


def ask(accounts: Sequence[Account]) -> moving.Draft | None:
    """What to move, once it is complete and the person asks to see it; stays filled in meanwhile."""
    form, beside = st.columns([1.45, 1], gap="medium")
    with form, st.container(border=True, key="tm-form"):
        kind = st.segmented_control(
            "What would you like to do?",
            list(moving.KINDS),
            format_func=lambda name: moving.KINDS[name],
            default="transfer",
            required=True,
            key="move_kind",
            persist_state="page",
            label_visibility="collapsed",
            width="stretch",
        )
        account = Choice(accounts).ask("To account" if kind == "deposit" else "From account", "move_account")
        wrong = FieldProblems()
        if kind == "transfer":
            other, problem = _recipient(accounts, account, wrong)
        else:
            other, problem = _outside("How does it come in?" if kind == "deposit" else "How is it paid out?"), ""
        typed = st.text_input(
            f"Amount in {account.currency}",
            placeholder="1,234" if exponent(account.currency) == 0 else "1,234.50",
            key="move_amount",
            persist_state="page",
        )
        wrong.place("amount")
        memo = ""
        if kind == "transfer":
            memo = st.text_input(
                "Memo (optional)", max_chars=facts().memo_max_characters, key="move_memo", persist_state="page"
            )
        is_asked = st.button(
            "Review", type="primary", width="stretch", icon=":material/arrow_forward:", key="move_review"
        )
        enter.presses("move_review", form="tm-form")
        wrong.place()
        draft = None
        if is_asked:
            if problem:
                wrong.say("number", problem)
            amount = _amount(typed, account, wrong, is_limited=kind != "deposit")
            if other is not None and not wrong.found:
                draft = moving.Draft(kind or "transfer", account, *other, amount, memo.strip())
    with beside:
        st.html(cards.account_card(account))
    return draft


def _amount(typed: str, account: Account, wrong: FieldProblems, *, is_limited: bool) -> int:
    try:
        amount = parse_amount(typed, account.currency)
    except AmountError as error:
        wrong.say("amount", str(error))
        return 0
    available = max(account.total + account.overdraft_limit, 0)
    if is_limited and amount > available:
        wrong.say("amount", f"There is {format_money(available, account.currency)} in the account to use.")
    return amount


def _outside(label: str) -> tuple[str, str]:
    outside = st.selectbox(
        label,
        list(moving.OUTSIDE),
        format_func=lambda name: moving.OUTSIDE[name],
        key="move_outside",
        persist_state="page",
    )
    return outside, moving.OUTSIDE[outside]


def _recipient(
    accounts: Sequence[Account], source: Account, wrong: FieldProblems
) -> tuple[tuple[str, str] | None, str]:
    own = moving.destinations(accounts, source)
    options = [OWN, OTHERS] if own else [OTHERS]
    if st.session_state.get("move_whose") not in options:
        st.session_state.pop("move_whose", None)
    whose = st.segmented_control(
        "To",
        options,
        default=options[0],
        required=True,
        key="move_whose",
        persist_state="page",
    )
    if whose == OWN:
        to = Choice(own).ask("To account", "move_to")
        return (to.account_id, cards.short(to)), ""
    typed = st.text_input(
        "Account number of the recipient", placeholder="4821 553 906", key="move_number", persist_state="page"
    )
    wrong.place("number")
    try:
        return moving.recipient_of(typed, source), ""
    except ValueError as error:
        return None, str(error)
