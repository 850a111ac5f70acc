"""One account as staff see it: owners, statement, statistics, overdraft; and what staff do about it."""

from datetime import datetime

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.clients.statement import Transaction
from ui.clients.users import User
from ui.components import cards, confirm, figures, layout, problems, session, statement, when
from ui.components.desk import movement, search
from ui.components.desk.person import name_of
from ui.components.facts import facts
from ui.components.fields import FieldProblems
from ui.components.money import AmountError, format_money, parse_amount
from ui.components.text import capital, html
from ui.language import N_, _

PAGE_ROWS = 25
PARTS = {"statement": N_("Statement"), "statistics": N_("Statistics"), "overdraft": N_("Overdraft")}
ZERO = {"0", "0.00", "0,00"}


def show(account_id: str, me: User) -> None:
    """The account of that id, or that there is none."""
    try:
        account = session.accounts().get(account_id)
    except ApiError as error:
        if error.status != 404:
            raise
        layout.empty(_("No such account"), _("Check the id."), "search")
        return
    if "movement" in st.query_params:
        movement.show(account, me)
        return
    card, owners = st.columns([1, 1], gap="medium")
    with card:
        st.html(cards.account_card(account))
        if me.acts_on_accounts and not account.approved and account.closed_at is None:
            _approval(account)
    with owners, st.container(border=True, key="tm-found", gap="xsmall"):
        st.html(f'<h2 class="tm-chart-head">{html(_("Owners"))}</h2>')
        for owner in session.accounts().owners(account_id).items:
            search.link(name_of(owner.user_id), "person", owner.user_id)
    part = st.segmented_control(
        _("Show"),
        list(PARTS),
        format_func=lambda name: _(PARTS[name]),
        default="statement",
        required=True,
        key="account_part",
        label_visibility="collapsed",
    )
    if part == "statistics":
        figures.show(account_id, account.currency, statement_at="/people")
    elif part == "overdraft":
        _overdraft(account, me)
    else:
        _statement(account)


def _approval(account: Account) -> None:
    key = f"approve_account_{account.account_id}"
    if confirm.is_asked(key):
        confirm.question(
            _("Approve this account? It can move money at once."), _("Yes, approve"), lambda: _approve(account)
        )
    else:
        st.button(
            _("Approve"), icon=":material/verified:", key=key, width="stretch", on_click=confirm.ask, args=(key,)
        )


def _approve(account: Account) -> None:
    try:
        session.accounts().approve(account.account_id)
    except ApiError as error:
        problems.show(error)
        return
    st.rerun()


def _statement(account: Account) -> None:
    place = f"desk_cursor_{account.account_id}"
    cursor: str | None = st.session_state.get(place)
    page = session.accounts().statement(account.account_id, limit=PAGE_ROWS, cursor=cursor)
    if not page.items:
        st.caption(_("No movement yet."))
        return
    with st.container(border=True, key="tm-statement"):
        st.html(_lines(page.items, account, when.now()))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if st.button(_("Newest"), icon=":material/first_page:", disabled=cursor is None):
            st.session_state.pop(place)
            st.rerun()
        if st.button(_("Older"), icon=":material/arrow_forward:", disabled=page.next_cursor is None):
            st.session_state[place] = page.next_cursor
            st.rerun()


def _lines(lines: list[Transaction], account: Account, now: datetime) -> str:
    own = {account.account_id: account}
    rows = "".join(_line(line, account, own, now) for line in lines)
    heads = f'<th>{html(_("What"))}</th><th class="tm-num">{html(_("Amount"))}</th>'
    return (
        f'<table class="tm-statement"><thead><tr>{heads}<th class="tm-num">{html(_("Balance"))}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _line(line: Transaction, account: Account, own: dict[str, Account], now: datetime) -> str:
    title = statement.title(line, own)
    who = statement.movement_link(line, line.transfer_id, line.time, title, at=movement.PLACE)
    said = html(capital(when.moment(line.time, now=now)))
    below = " · ".join(part for part in (said, statement.reversal_note(line, at=movement.PLACE)) if part)
    return (
        f'<tr><td class="tm-who"><span>{who}</span><span class="tm-memo">{below}</span></td>'
        f'<td class="tm-num tm-{"in" if line.amount > 0 else "out"}">'
        f"{html(format_money(line.amount, account.currency, signed=True))}</td>"
        f'<td class="tm-num tm-after">{html(format_money(line.balance_after, account.currency))}</td></tr>'
    )


def _overdraft(account: Account, me: User) -> None:
    now = format_money(account.overdraft_limit, account.currency)
    form, past = st.columns([1, 1.4], gap="medium")
    with form, st.container(border=True, key="tm-overdraft"):
        st.html(cards.facts([(_("Overdraft up to"), now)]))
        if me.acts_on_accounts and account.closed_at is None:
            _limit_form(account)
    with past:
        changes = session.accounts().overdraft_changes(account.account_id)
        if not changes:
            st.caption(_("Nobody has set a limit for this account."))
        for change in changes:
            before, after = (
                format_money(limit, account.currency) for limit in (change.limit_before, change.limit_after)
            )
            said = _("{before} → {after} by {name}", before=before, after=after, name=name_of(change.changed_by))
            moment = capital(when.moment(change.changed_at, now=when.now()))
            st.html(
                f'<p class="tm-owner"><b>{html(said)}</b><span>{html(moment)} · {html(change.reason)}</span></p>'
            )


def _limit_form(account: Account) -> None:
    key = f"overdraft_{account.account_id}"
    wrong = FieldProblems()
    typed = st.text_input(_("New limit in {currency}", currency=account.currency), key=f"{key}_limit")
    wrong.place("limit")
    reason = st.text_input(_("Reason"), key=f"{key}_reason").strip()
    wrong.place("reason")
    wrong.limit("reason", reason, facts().memo_max_characters)
    limit = None
    if typed.strip():
        try:
            limit = 0 if typed.strip() in ZERO else parse_amount(typed, account.currency)
        except AmountError as error:
            wrong.say("limit", str(error))
    is_complete = limit is not None and reason != "" and not wrong.found
    if limit is not None and is_complete and confirm.is_asked(key):
        said = format_money(limit, account.currency)
        text = _("Let this account be overdrawn up to {limit}? Your name is kept with it.", limit=said)
        confirm.question(text, _("Yes, set it"), lambda: _set(account, limit, reason))
        return
    st.button(
        _("Set the limit"),
        key=key,
        type="primary",
        width="stretch",
        disabled=not is_complete,
        on_click=confirm.ask,
        args=(key,),
    )


def _set(account: Account, limit: int, reason: str) -> None:
    try:
        session.accounts().set_overdraft(account.account_id, limit, reason)
    except ApiError as error:
        problems.show(error)
        return
    for field in ("limit", "reason"):
        st.session_state.pop(f"overdraft_{account.account_id}_{field}", None)
    st.rerun()
