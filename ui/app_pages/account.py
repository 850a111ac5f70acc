"""One account: its balance over time and its statement, page by page."""

from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from ui.components import cards, charts, layout, movement, session, statement, when
from ui.components.picker import pick

PAGE_ROWS = 25
CHART_ROWS = 1000
RANGES = {"30 days": 30, "90 days": 90, "A year": 365, "All": None, "Other": 0}


def chosen_range(now: datetime) -> tuple[datetime | None, datetime | None]:
    """The time range [start, end) that the person looks at, cut at midnights of the bank."""
    name = st.segmented_control("Show", list(RANGES), default="30 days", required=True, key="statement_range")
    days = RANGES[name or "30 days"]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if days is None:
        return None, None
    if days:
        return midnight - timedelta(days=days - 1), None
    picked = st.date_input(
        "From and to",
        value=(now.date() - timedelta(days=6), now.date()),
        max_value=now.date(),
        format="DD/MM/YYYY",
        key="statement_days",
        width=320,
    )
    if not isinstance(picked, tuple) or len(picked) != 2:
        st.caption("Pick the last day as well.")
        st.stop()
    first, last = (datetime.combine(day, datetime.min.time(), now.tzinfo) for day in picked)
    return first, last + timedelta(days=1)


def pages_bar(next_cursor: str | None, shown: list[str | None]) -> None:
    """Newer and older."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if st.button("Newer", icon=":material/arrow_back:", disabled=len(shown) == 1):
            shown.pop()
            st.rerun()
        if st.button("Older", icon=":material/arrow_forward:", disabled=next_cursor is None):
            shown.append(next_cursor)
            st.rerun()


user = session.user()
accounts = session.accounts().of_user(user.user_id)
layout.head("Statements", "Every movement, newest first, with the balance after it.")
if not accounts:
    layout.empty(
        "No account yet",
        "Open one, and its statement starts here.",
        "receipt_long",
        action=("Open an account", "open"),
    )
    st.stop()
choose, show = st.columns([1, 1.4], gap="medium", vertical_alignment="bottom")
with choose:
    account = pick(accounts, "statement_account")
own = {item.account_id: item for item in accounts}
now = when.now()
if "movement" in st.query_params:
    movement.show(account, own)
    st.stop()
with show:
    start, end = chosen_range(now)
place = (account.account_id, start, end)
if st.session_state.get("statement_place") != place:
    st.session_state["statement_place"] = place
    st.session_state["statement_pages"] = [None]
shown: list[str | None] = st.session_state["statement_pages"]

card, chart = st.columns([1, 1.4], gap="medium", vertical_alignment="center")
with card:
    st.html(cards.account_card(account))
client = session.accounts()
recent = client.statement(account.account_id, start=start, end=end, limit=CHART_ROWS)
if not recent.items:
    layout.empty("Nothing in this time", "Pick a longer time, or move some money.", "receipt_long")
    st.stop()
with chart:
    st.altair_chart(
        charts.balance_over_time(
            recent.items,
            account.currency,
            # A cut list does not know the balance at the start of the range.
            start if recent.next_cursor is None else None,
            min(end, now) if end else now,
        ),
        alt="Balance of the account over the chosen time",
    )
    if recent.next_cursor is not None:
        st.caption(f"The chart shows the latest {CHART_ROWS:,} movements of this time.")
page = client.statement(account.account_id, start=start, end=end, limit=PAGE_ROWS, cursor=shown[-1])
with st.container(border=True, key="tm-statement"):
    st.html(statement.table(page.items, own, now))
if page.next_cursor is not None or len(shown) > 1:
    pages_bar(page.next_cursor, shown)
st.caption(when.zone_note())
st.download_button(
    "Download as CSV",
    # Runs outside the script, where nobody is signed in: the client is made here.
    data=partial(client.statement_csv, account.account_id, start=start, end=end),
    file_name=f"tidemark-{account.number}-statement.csv",
    mime="text/csv",
    icon=":material/download:",
    on_click="ignore",
)
