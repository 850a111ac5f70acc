"""The first step of moving money: which way, which account, how much."""

from collections.abc import Sequence

import streamlit as st

from ui.clients.accounts import Account
from ui.components import cards, moving
from ui.components.money import AmountError, exponent, format_money, parse_amount
from ui.components.picker import Choice

MEMO_LIMIT = 140
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
        problem, memo = "", ""
        other: tuple[str, str] | None
        if kind == "transfer":
            other, problem = _recipient(accounts, account)
        else:
            other = _outside("How does it come in?" if kind == "deposit" else "How should it be paid out?")
        typed = st.text_input(
            f"Amount in {account.currency}",
            placeholder="1,234" if exponent(account.currency) == 0 else "1,234.50",
            key="move_amount",
            persist_state="page",
        )
        if kind == "transfer":
            memo = st.text_input("Memo (optional)", max_chars=MEMO_LIMIT, key="move_memo", persist_state="page")
        is_asked = st.button("Review", type="primary", width="stretch", icon=":material/arrow_forward:")
        draft = _complete(kind or "transfer", account, other, problem, typed, memo) if is_asked else None
    with beside:
        st.html(cards.account_card(account))
    return draft


def _complete(
    kind: str, account: Account, other: tuple[str, str] | None, problem: str, typed: str, memo: str
) -> moving.Draft | None:
    amount = 0
    try:
        amount = parse_amount(typed, account.currency)
    except AmountError as error:
        problem = problem or str(error)
    available = account.total + account.overdraft_limit
    if not problem and kind != "deposit" and amount > available:
        problem = f"There is {format_money(max(available, 0), account.currency)} in the account to use."
    if problem or other is None:
        # Figures and our own words only, but a dollar sign could still begin a formula.
        st.error(problem.replace("$", r"\$"), icon=":material/error:")
        return None
    return moving.Draft(kind, account, *other, amount, memo.strip())


def _outside(label: str) -> tuple[str, str]:
    outside = st.selectbox(
        label,
        list(moving.OUTSIDE),
        format_func=lambda name: moving.OUTSIDE[name],
        key="move_outside",
        persist_state="page",
    )
    return outside, moving.OUTSIDE[outside]


def _recipient(accounts: Sequence[Account], source: Account) -> tuple[tuple[str, str] | None, str]:
    own = moving.destinations(accounts, source)
    whose = st.segmented_control(
        "To",
        [OWN, OTHERS] if own else [OTHERS],
        default=OWN if own else OTHERS,
        required=True,
        key=f"move_whose_{bool(own)}",
        persist_state="page",
    )
    if whose == OWN:
        to = Choice(own).ask("To account", "move_to")
        return (to.account_id, cards.short(to)), ""
    typed = st.text_input(
        "Account number of the recipient", placeholder="4821 553 906", key="move_number", persist_state="page"
    )
    try:
        return moving.recipient_of(typed, source), ""
    except ValueError as error:
        return None, str(error)
