"""One account: its balance over time and its statement, page by page."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

import msgspec
import streamlit as st

from ui.clients.accounts import Account, AccountsClient
from ui.clients.http import Page
from ui.clients.statement import Look, Transaction
from ui.components import (
    cards,
    charts,
    layout,
    looking,
    manage,
    movement,
    payees,
    said,
    session,
    statement,
    when,
)
from ui.components.money import format_money, number
from ui.components.picker import pick
from ui.language import _

PAGE_ROWS = 25
CHART_ROWS = 1000


def pages_bar(next_cursor: str | None, shown: list[str | None]) -> None:
    """Newer and older."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if st.button(_("Newer"), icon=":material/arrow_back:", disabled=len(shown) == 1):
            shown.pop()
            st.rerun()
        if st.button(_("Older"), icon=":material/arrow_forward:", disabled=next_cursor is None):
            shown.append(next_cursor)
            st.rerun()


def sums_of_days(
    page: Page[Transaction], look: Look, account: Account, *, is_cut_above: bool, now: datetime
) -> dict[date, str]:
    """What each day came to, of the lines that are looked for; a day that the page cuts is asked for."""
    sums: dict[date, int] = {}
    days = [line.time.astimezone(now.tzinfo).date() for line in page.items]
    for day, line in zip(days, page.items, strict=True):
        sums[day] = sums.get(day, 0) + line.amount
    cut = {day for day, is_cut in ((days[0], is_cut_above), (days[-1], page.next_cursor is not None)) if is_cut}
    for day in cut:
        midnight = datetime.combine(day, datetime.min.time(), now.tzinfo)
        whole = msgspec.structs.replace(look, start=midnight, end=midnight + timedelta(days=1))
        found = session.accounts().statement(account.account_id, whole, limit=CHART_ROWS)
        if found.next_cursor is None:
            sums[day] = sum(line.amount for line in found.items)
        else:
            del sums[day]
    return {day: format_money(total, account.currency, signed=True) for day, total in sums.items()}


def chart_of(recent: Page[Transaction], account: Account, look: Look, now: datetime) -> None:
    """The balance over the time looked at."""
    if not recent.items:
        return
    st.altair_chart(
        charts.balance_over_time(
            recent.items,
            account.currency,
            # A cut list does not know the balance at the start of the range.
            look.start if recent.next_cursor is None else None,
            min(look.end, now) if look.end else now,
        ),
        alt=_("Balance of the account over the chosen time"),
    )
    if recent.next_cursor is not None:
        st.caption(_("The chart shows the latest {count} movements of this time.", count=number(CHART_ROWS)))


def lines(client: AccountsClient, account: Account, look: Look, own: dict[str, Account], now: datetime) -> None:
    """A page of the lines looked for, the way to the others, and all of them as CSV."""
    if st.session_state.get("statement_place") != (account.account_id, look):
        st.session_state["statement_place"] = (account.account_id, look)
        st.session_state["statement_pages"] = [None]
    shown: list[str | None] = st.session_state["statement_pages"]
    page = client.statement(account.account_id, look, limit=PAGE_ROWS, cursor=shown[-1])
    if not page.items:
        text = (
            _("Look for less, or in a longer time.")
            if look.is_filtered
            else _("Pick a longer time, or move some money.")
        )
        title = _("Nothing found") if look.is_filtered else _("Nothing in this time")
        layout.empty(title, text, "receipt_long")
        return
    sums = sums_of_days(page, look, account, is_cut_above=len(shown) > 1, now=now)
    with st.container(border=True, key="tm-statement"):
        st.html(statement.table(page.items, own, now, sums))
    if page.next_cursor is not None or len(shown) > 1:
        pages_bar(page.next_cursor, shown)
    st.caption(when.zone_note())
    st.download_button(
        _("Download as CSV"),
        # Runs outside the script, where nobody is signed in: the client is made here.
        data=partial(client.statement_csv, account.account_id, look),
        file_name=f"tidemark-{account.number}-statement.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def others(account: Account, accounts: Sequence[Account]) -> list[payees.Payee]:
    """Whom a statement may be narrowed to, asked for once a visit."""
    return payees.known(account, accounts, since=f"statement {account.account_id}")


def main() -> None:
    """The page."""
    accounts = session.accounts().of_user(session.user().user_id)
    layout.head(_("Statements"), _("Every movement, newest first, with the balance after it."))
    if not accounts:
        layout.empty(
            _("No account yet"),
            _("Open one, and its statement starts here."),
            "receipt_long",
            action=(_("Open an account"), "open"),
        )
        return
    choose, show = st.columns([1, 1.4], gap="medium", vertical_alignment="bottom")
    with choose:
        account = pick(accounts, "statement_account")
    own = {item.account_id: item for item in accounts}
    now = when.now()
    said.show()
    if "movement" in st.query_params:
        movement.show(account, own)
        return
    with show:
        start, end = looking.time_range(now)
    card, chart = st.columns([1, 1.4], gap="medium", vertical_alignment="center")
    with card:
        st.html(cards.account_card(account))
        manage.show(account)
    client = session.accounts()
    with chart:
        whole = Look(start, end)
        chart_of(client.statement(account.account_id, whole, limit=CHART_ROWS), account, whole, now)
    look = looking.ask(account, (start, end), own, others(account, accounts))
    if look is not None:
        lines(client, account, look, own, now)


main()
