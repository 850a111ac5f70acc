"""Staff and analysts: the bank as a whole, by day."""

import streamlit as st

from ui.components import bank_days, layout, session, when
from ui.language import _, _n

SPANS = (30, 90, 365)

user = session.user()
layout.head(_("The bank"), _("All accounts together, by day and currency."))
if not user.reads_statistics:
    st.error(_("Your role does not include everybody’s statistics."), icon=":material/error:")
    st.stop()
status = session.stats().status()
if status.complete_through is None:
    layout.empty(_("Nothing published yet"), _("The first statistics are being prepared."), "hourglass_top")
    st.stop()
today = status.complete_through.astimezone(when.zone()).date()
span, currency = st.columns([1.4, 1], gap="medium", vertical_alignment="bottom")
with span:
    days = st.segmented_control(
        _("Show the last"),
        SPANS,
        format_func=lambda number: _n("{count} day", "{count} days", number),
        default=SPANS[0],
        required=True,
        key="bank_span",
    )
found = bank_days.read(today, days or SPANS[0])
if not found:
    layout.empty(_("No movement in this time"), _("Pick a longer time."), "monitoring")
    st.stop()
with currency:
    chosen = st.selectbox(_("Currency"), bank_days.currencies(found), key="bank_currency", width=200)
bank_days.show(found, chosen, today, days or SPANS[0])
complete = when.moment(status.complete_through, now=when.now(), seconds=True)
st.caption(_("Complete through {moment}", moment=complete) + ". " + when.zone_note())
