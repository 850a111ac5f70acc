"""What somebody looks for in a statement: a time, words, a direction, amounts, the other side."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import streamlit as st

from ui.clients.accounts import Account, Payee
from ui.clients.statement import Look
from ui.components import cards, kept, moving, when
from ui.components.facts import facts
from ui.components.fields import FieldProblems
from ui.components.money import AmountError, example, parse_amount
from ui.components.text import account_number
from ui.language import N_, _

RANGES = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("A year"),
    "all": N_("All"),
    "other": N_("Other"),
}
WAYS = {"both": N_("In and out"), "in": N_("In"), "out": N_("Out")}
ANYBODY = ""
FIELDS = {
    "statement_range": "30",
    "statement_days": None,
    "statement_text": "",
    "statement_direction": "both",
    "statement_least": "",
    "statement_most": "",
    "statement_other": ANYBODY,
}


def time_range(now: datetime) -> tuple[datetime | None, datetime | None]:
    """The time range [start, end) that the person looks at, cut at midnights of the bank."""
    kept.keep("statement", FIELDS)
    days = st.session_state.get("statement_days")
    if isinstance(days, list):
        # As they were written down before the app was started again.
        st.session_state["statement_days"] = tuple(date.fromisoformat(day) for day in days)
    chosen = st.segmented_control(
        _("Show"),
        list(RANGES),
        format_func=lambda name: _(RANGES[name]),
        default="30",
        required=True,
        key="statement_range",
    )
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if chosen == "all":
        return None, None
    if chosen != "other":
        return midnight - timedelta(days=int(chosen or "30") - 1), None
    picked = st.date_input(
        _("From and to"),
        value=(now.date() - timedelta(days=6), now.date()),
        max_value=now.date(),
        format=when.typed_form(),
        key="statement_days",
        width=320,
    )
    if not isinstance(picked, tuple) or len(picked) != 2:
        st.caption(_("Pick the last day as well."))
        st.stop()
    first, last = (datetime.combine(day, datetime.min.time(), now.tzinfo) for day in picked)
    return first, last + timedelta(days=1)


def ask(
    account: Account,
    bounds: tuple[datetime | None, datetime | None],
    own: Mapping[str, Account],
    people: list[Payee],
) -> Look | None:
    """What to look for in the time range; None while something of it is wrong."""
    wrong = FieldProblems()
    words, way = st.columns([1.6, 1], gap="small", vertical_alignment="bottom")
    with words:
        text = st.text_input(
            _("Search"),
            placeholder=_("A memo, a name, an account number"),
            icon=":material/search:",
            key="statement_text",
        ).strip()
    with way:
        direction = st.segmented_control(
            _("Direction"),
            list(WAYS),
            format_func=lambda name: _(WAYS[name]),
            default="both",
            required=True,
            key="statement_direction",
            label_visibility="collapsed",
        )
    wrong.place("text")
    wrong.limit("text", text, facts().memo_max_characters)
    with st.expander(_("Amount and other side"), icon=":material/tune:", expanded=_is_narrowed()):
        left, right, last = st.columns(3, gap="small")
        with left:
            _field(_("At least"), "least", account, wrong)
        with right:
            _field(_("At most"), "most", account, wrong)
        with last:
            other = _other(account, own, people)
        wrong.place()
    least, most = (_amount(name, account, wrong) for name in ("least", "most"))
    if least and most and most < least:
        wrong.say("most", _("That is less than the amount before it."))
    if wrong.found:
        return None
    start, end = bounds
    return Look(
        start,
        end,
        direction=None if direction == "both" else direction,
        amount_min=least,
        amount_max=most,
        counterparty=other or None,
        text=text,
    )


def _is_narrowed() -> bool:
    return any(st.session_state.get(f"statement_{name}") for name in ("least", "most", "other"))


def _field(label: str, name: str, account: Account, wrong: FieldProblems) -> None:
    st.text_input(f"{label} ({account.currency})", placeholder=example(account.currency), key=f"statement_{name}")
    wrong.place(name)


def _amount(name: str, account: Account, wrong: FieldProblems) -> int | None:
    typed = st.session_state[f"statement_{name}"]
    if not typed.strip():
        return None
    try:
        return parse_amount(typed, account.currency)
    except AmountError as error:
        wrong.say(name, str(error))
        return None


def _other(account: Account, own: Mapping[str, Account], people: list[Payee]) -> str:
    """An outside party or an account number among those that the person knows; ANYBODY for all."""
    labels = {ANYBODY: _("Anybody")}
    labels |= {item.number: cards.short(item) for item in own.values() if item.account_id != account.account_id}
    labels |= {payee.number: payee.name or account_number(payee.number) for payee in people}
    labels |= {name: _(label) for name, label in moving.OUTSIDE.items()}
    if st.session_state.get("statement_other") not in labels:
        st.session_state.pop("statement_other", None)
    return st.selectbox(
        _("Other side"), list(labels), format_func=lambda name: labels[name], key="statement_other"
    )
