"""Home: the person's accounts, what they hold, and what to do next."""

import streamlit as st

from ui.components import cards, layout, onboarding, session
from ui.components.text import html

if st.session_state.pop("go_to", None) == "identity":
    st.switch_page("app_pages/identity.py")

user = session.user(fresh=True)
accounts = session.accounts().of_user(user.user_id)
st.html(
    f'<header class="tm-head"><h1>Hello, {html(user.name.split()[0] if user.name.split() else user.name)}</h1>'
    "<p>Your accounts and what they hold.</p></header>"
)
if not user.roles or accounts:
    onboarding.banner(user)

if accounts:
    st.html(cards.totals(accounts))
    with st.grid("auto", min_column_width=290, gap="medium", key="tm-cards"):
        for account in accounts:
            with st.container(key=f"card-{account.account_id}", gap="small"):
                st.html(cards.account_card(account))
                with st.container(horizontal=True, gap="small"):
                    st.page_link(
                        "app_pages/account.py",
                        label="Statement",
                        icon=":material/receipt_long:",
                        query_params={"account": account.account_id},
                    )
                    st.page_link(
                        "app_pages/statistics.py",
                        label="Statistics",
                        icon=":material/insights:",
                        query_params={"account": account.account_id},
                    )
                    if account.can_move_money and user.approved:
                        st.page_link(
                            "app_pages/move.py",
                            label="Move money",
                            icon=":material/swap_horiz:",
                            query_params={"account": account.account_id},
                        )
    st.space("small")
    if st.button("Open another account", icon=":material/add_card:"):
        st.switch_page("app_pages/open.py")
elif user.roles:
    layout.empty("Nothing of your own here", "Your work is at the staff desk in the menu.", "work")
else:
    layout.empty(
        "Open your first account",
        "Checking for everyday money, savings for later. It takes one click, and it is yours in seconds.",
        "account_balance",
        action=("Open an account", "open"),
    )
