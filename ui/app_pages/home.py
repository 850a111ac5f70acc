"""Home: the person's accounts, what they hold, what happened lately, and what to do next."""

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.http import Page
from ui.clients.statement import Transaction
from ui.components import cards, layout, months, onboarding, session, sharing, statement, when
from ui.components.text import literal
from ui.language import _

if st.session_state.pop("go_to", None) == "identity":
    st.switch_page("app_pages/identity.py")

LATEST = 6
ACCOUNTS_MAX = 6
Pages = dict[str, Page[Transaction]]


def card(account: Account, pages: Pages, *, can_move: bool) -> None:
    """The account; all of it leads to its statement, with two more ways below."""
    query = {"account": account.account_id}
    page = pages.get(account.account_id)
    line = months.sparkline(page.items, when.now()) if page else ""
    with st.container(key=f"card-{account.account_id}", gap="small"):
        with st.container(key=f"tm-whole-{account.account_id}"):
            st.html(cards.account_card(account, line))
            label = literal(_("Statement of {account}", account=cards.option(account)))
            st.page_link("app_pages/account.py", label=label, query_params=query)
        ways = [("statistics", _("Statistics"), "insights")]
        if can_move:
            ways.append(("move", _("Move money"), "swap_horiz"))
        with st.container(horizontal=True, gap="small"):
            for name, label, icon in ways:
                st.page_link(f"app_pages/{name}.py", label=label, icon=f":material/{icon}:", query_params=query)


def latest(accounts: list[Account], pages: Pages) -> None:
    """The newest movements of all accounts together, and the way to all."""
    lines = [line for page in pages.values() for line in page.items]
    # A transfer between two of them is one movement: the paying side tells of both.
    of_transfer = {line.transfer_id: line for line in sorted(lines, key=lambda line: -line.amount)}
    if not lines:
        return
    newest = sorted(of_transfer.values(), key=lambda line: line.time, reverse=True)[:LATEST]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        layout.part(_("Latest movements"))
        st.page_link(
            "app_pages/account.py",
            label=_("See all"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"account": newest[0].account_id},
        )
    with st.container(border=True, key="tm-statement"):
        own = {account.account_id: account for account in accounts}
        st.html(statement.latest(newest, own, when.now()))


def overview(accounts: list[Account], *, may_move: bool) -> None:
    """Totals, the month so far, cards, latest movements."""
    open_ones = [account for account in accounts if account.closed_at is None]
    pages = {account.account_id: months.lately(account) for account in open_ones[:ACCOUNTS_MAX]}
    st.html(cards.totals(accounts))
    told = ""
    if len(pages) == len(open_ones):
        told = months.sentences(months.so_far(open_ones, pages, when.now()), when.now())
    if told:
        st.html(told)
    with st.grid("auto", min_column_width=290, gap="medium", key="tm-cards"):
        for account in sorted(accounts, key=lambda account: account.closed_at is not None):
            card(account, pages, can_move=account.can_move_money and may_move)
    latest(open_ones, pages)
    st.space("small")
    if st.button(_("Open another account"), icon=":material/add_card:"):
        st.switch_page("app_pages/open.py")


user = session.user(fresh=True)
accounts = session.accounts().of_user(user.user_id)
first_name = (user.name.split() or [""])[0]
layout.head(_("Hello, {name}", name=first_name), _("Your accounts and what they hold."))
if not user.works_here or accounts:
    onboarding.banner(user)

sharing.banner(session.accounts().invitations())
if accounts:
    overview(accounts, may_move=user.approved)
elif user.works_here:
    layout.empty(
        _("Nothing of your own here"),
        _("Your work is at the staff desk in the menu."),
        "work",
        action=(_("Review"), "review") if user.reviews else (_("Look up"), "lookup"),
    )
else:
    layout.empty(
        _("Open your first account"),
        _("Checking for everyday money, savings for later. It takes one click, and it is yours in seconds."),
        "account_balance",
        action=(_("Open an account"), "open"),
    )
