"""Home: the person's accounts, what they hold, and what to do next."""

import streamlit as st

from ui.clients.accounts import Account
from ui.components import cards, layout, onboarding, session, sharing, statement, when

if st.session_state.pop("go_to", None) == "identity":
    st.switch_page("app_pages/identity.py")

LATEST = 6
ACCOUNTS_MAX = 6


def links(account: Account, *, can_move: bool) -> None:
    """What one does with an account."""
    ways = [("account", "Statement", "receipt_long"), ("statistics", "Statistics", "insights")]
    if can_move:
        ways.append(("move", "Move money", "swap_horiz"))
    with st.container(horizontal=True, gap="small"):
        for page, label, icon in ways:
            st.page_link(
                f"app_pages/{page}.py",
                label=label,
                icon=f":material/{icon}:",
                query_params={"account": account.account_id},
            )


def latest(accounts: list[Account]) -> None:
    """The newest movements of all accounts together."""
    client = session.accounts()
    lines = [
        line
        for account in accounts[:ACCOUNTS_MAX]
        for line in client.statement(account.account_id, limit=LATEST).items
    ]
    # A transfer between two of them is one movement: the paying side tells of both.
    of_transfer = {line.transfer_id: line for line in sorted(lines, key=lambda line: -line.amount)}
    if lines:
        newest = sorted(of_transfer.values(), key=lambda line: line.time, reverse=True)[:LATEST]
        st.subheader("Latest movements", anchor=False)
        with st.container(border=True, key="tm-statement"):
            own = {account.account_id: account for account in accounts}
            st.html(statement.latest(newest, own, when.now()))


user = session.user(fresh=True)
accounts = session.accounts().of_user(user.user_id)
first_name = (user.name.split() or [""])[0]
layout.head(f"Hello, {first_name}", "Your accounts and what they hold.")
if not user.works_here or accounts:
    onboarding.banner(user)

sharing.banner(session.accounts().invitations())
if accounts:
    st.html(cards.totals(accounts))
    with st.grid("auto", min_column_width=290, gap="medium", key="tm-cards"):
        for account in sorted(accounts, key=lambda account: account.closed_at is not None):
            with st.container(key=f"card-{account.account_id}", gap="small"):
                st.html(cards.account_card(account))
                links(account, can_move=account.can_move_money and user.approved)
    latest([account for account in accounts if account.closed_at is None])
    st.space("small")
    if st.button("Open another account", icon=":material/add_card:"):
        st.switch_page("app_pages/open.py")
elif user.works_here:
    layout.empty(
        "Nothing of your own here",
        "Your work is at the staff desk in the menu.",
        "work",
        action=("Review", "review") if user.reviews else ("Look up", "lookup"),
    )
else:
    layout.empty(
        "Open your first account",
        "Checking for everyday money, savings for later. It takes one click, and it is yours in seconds.",
        "account_balance",
        action=("Open an account", "open"),
    )
