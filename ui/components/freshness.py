"""How fresh the figures are: up to when they are complete, and what is not in yet."""

from datetime import datetime, timedelta

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.statement import Look
from ui.clients.stats import Status
from ui.components import problems, session, when
from ui.components.text import html
from ui.language import N_, _, _n

POLL_EVERY_S = 5
NEWER_MAX = 100
# A refresh begins within a moment of a movement and takes some seconds.
IN_WITHIN = timedelta(minutes=1)
LATE = {
    "stale": N_("The next refresh is late; these are the last good figures."),
    "failed": N_("The latest refresh did not finish; these are the last good figures."),
    "refused": N_("The latest refresh did not pass our proofs; these are the last good figures."),
}


def sentence(status: Status, now: datetime) -> str:
    """Up to when the figures are complete, in words."""
    if status.complete_through is None:
        return _("The first statistics are being prepared.")
    text = _("Complete through {moment}", moment=when.moment(status.complete_through, now=now, seconds=True))
    return f"{text}. {_(LATE[status.state])}" if status.state in LATE else text


def newer(count: int, status: Status, now: datetime) -> str:
    """ "2 newer movements, in by 09:31"; empty for none."""
    if not count:
        return ""
    if status.state in LATE:
        return _n(
            "{count} newer movement comes in with the next refresh",
            "{count} newer movements come in with the next refresh",
            count,
        )
    by = (now + IN_WITHIN + timedelta(seconds=59)).replace(second=0, microsecond=0)
    return _n(
        "{count} newer movement, in by {time}", "{count} newer movements, in by {time}", count, time=when.clock(by)
    )


def _count_newer(account_id: str, status: Status) -> int:
    if status.complete_through is None:
        return 0
    page = session.accounts().statement(account_id, Look(status.complete_through), limit=NEWER_MAX)
    return len(page.items)


@st.fragment(run_every=POLL_EVERY_S)
def line(shown: Status, account_id: str | None) -> None:
    """Say how fresh the figures are, and show newer ones by itself once there are any.

    `account_id` is an account whose statement the person may read: its movements that are not in yet are named.
    """
    try:
        latest = session.stats().status()
        count = _count_newer(account_id, latest) if account_id else 0
    except ApiError as error:
        st.caption(problems.sentence(error))
        return
    now = when.now()
    tone = "late" if latest.state in LATE else "good"
    parts = [part for part in (sentence(latest, now), newer(count, latest, now)) if part]
    st.html(f'<p class="tm-fresh tm-fresh-{tone}"><i></i>{html(" · ".join(parts))}</p>')
    if (latest.run_id, latest.complete_through) != (shown.run_id, shown.complete_through):
        st.session_state["ran_by_itself"] = True
        st.rerun()
