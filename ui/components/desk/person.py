"""One person as staff see them: accounts, who decided about them, where they are signed in."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import PersonRecord, User
from ui.components import cards, confirm, layout, problems, session, when
from ui.components.desk import search
from ui.components.money import format_money
from ui.components.text import capital, html
from ui.language import N_, _

STATES = {
    "missing": N_("No photo yet"),
    "pending": N_("Waits for a decision"),
    "approved": N_("Approved"),
    "rejected": N_("Rejected"),
}
PARTS = {"accounts": N_("Accounts"), "decisions": N_("Decisions"), "sessions": N_("Sessions")}
DECISIONS = {"approve": N_("Approved"), "reject": N_("Rejected")}


def show(user_id: str, me: User) -> None:
    """The person of that id, or that there is none."""
    try:
        person = session.users().person(user_id)
    except ApiError as error:
        if error.status != 404:
            raise
        layout.empty(_("Nobody found"), _("There is no such user, or they have left the bank."), "person_search")
        return
    state = _("Approved") if person.approved else _(STATES.get(person.photo_status, person.photo_status))
    tone = "final" if person.approved else "provisional"
    st.html(
        f'<h2 class="tm-person">{html(person.name)} <span class="tm-pill tm-pill-{tone}">{html(state)}</span></h2>'
    )
    facts, acts = st.columns([1.6, 1], gap="medium")
    with facts, st.container(border=True, key="tm-person"):
        rows = [
            (_("Email"), person.email),
            (_("Mobile"), person.phone or "—"),
            (_("Customer since"), when.date_of(person.created_at)),
            (_("Customer id"), person.user_id),
        ]
        if person.roles:
            rows.append((_("Works here as"), cards.roles(person.roles)))
        st.html(cards.facts(rows))
    with acts, st.container(key="tm-acts"):
        _acts(person, me)
    _parts(person)


def _parts(person: PersonRecord) -> None:
    part = st.segmented_control(
        _("Show"),
        list(PARTS),
        format_func=lambda name: _(PARTS[name]),
        default="accounts",
        required=True,
        key="person_part",
        label_visibility="collapsed",
    )
    shown: Mapping[str, Callable[[PersonRecord], None]] = {
        "accounts": _accounts,
        "decisions": _decisions,
        "sessions": _sessions,
    }
    shown[part or "accounts"](person)


def _accounts(person: PersonRecord) -> None:
    accounts = session.accounts().of_user(person.user_id)
    if not accounts:
        st.caption(_("No account."))
        return
    with st.container(border=True, key="tm-found", gap="xsmall"):
        for account in accounts:
            total = format_money(account.total, account.currency)
            text = f"{cards.option(account)} · {total} · {cards.state_of(account)[1]}"
            search.link(text, "account", account.account_id)


def _decisions(person: PersonRecord) -> None:
    if not person.decisions:
        st.caption(_("Nobody has decided about a photo of theirs."))
        return
    rows = "".join(
        f"<tr><td>{html(capital(when.moment(each.decided_at, now=when.now())))}</td>"
        f"<td>{html(_(DECISIONS.get(each.decision, each.decision)))}</td><td>{html(each.reason or '—')}</td>"
        f"<td>{html(name_of(each.decided_by))}</td></tr>"
        for each in person.decisions
    )
    st.html(_table((_("When"), _("Decision"), _("Reason"), _("By")), rows))


def _sessions(person: PersonRecord) -> None:
    found = session.users().sessions_of(person.user_id)
    if not found:
        st.caption(_("Not signed in anywhere."))
        return
    now = when.now()
    rows = ""
    for each in found:
        moments = (each.created_at, each.last_seen_at, each.expires_at)
        rows += (
            f"<tr>{''.join(f'<td>{html(capital(when.moment(moment, now=now)))}</td>' for moment in moments)}</tr>"
        )
    st.html(_table((_("Signed in"), _("Seen last"), _("Ends at the latest")), rows))


def _table(heads: Sequence[str], rows: str) -> str:
    cells = "".join(f"<th>{html(head)}</th>" for head in heads)
    return (
        f'<div class="tm-scroll" tabindex="0"><table class="tm-grid tm-plain"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def name_of(user_id: str) -> str:
    """The name of a colleague or customer; the id of one who has left."""
    try:
        return session.users().person(user_id).name
    except ApiError as error:
        if error.status != 404:
            raise
        return user_id


def _acts(person: PersonRecord, me: User) -> None:
    if not me.recovers_users or person.user_id == me.user_id:
        return
    code = st.session_state.get("reset_code")
    if code is not None and code[0] == person.user_id:
        st.html(
            f'<p class="tm-question" role="status">{html(_("Tell the customer this code. It is shown once:"))}</p>'
        )
        st.code(code[1], language=None)
        st.caption(_("With it they set a new password at “Forgotten password”, before {moment}.", moment=code[2]))
        return
    sign_out, reset = f"sign_out_{person.user_id}", f"reset_{person.user_id}"
    if confirm.is_asked(sign_out):
        confirm.question(
            _("End all sessions of {name}? They have to sign in again everywhere.", name=person.name),
            _("Yes, end them"),
            lambda: _sign_out(person),
        )
    elif confirm.is_asked(reset):
        confirm.question(
            _("Issue a code for {name}? First make sure that it is they who ask.", name=person.name),
            _("Yes, issue a code"),
            lambda: _issue(person),
        )
    else:
        for key, label, icon in (
            (sign_out, _("End all sessions"), "logout"),
            (reset, _("Reset the password"), "lock_reset"),
        ):
            st.button(
                label, icon=f":material/{icon}:", key=key, width="stretch", on_click=confirm.ask, args=(key,)
            )


def _sign_out(person: PersonRecord) -> None:
    try:
        session.users().sign_out(person.user_id)
    except ApiError as error:
        problems.show(error)
        return
    st.toast(_("All of their sessions have ended."), icon=":material/check:")


def _issue(person: PersonRecord) -> None:
    try:
        issued = session.users().issue_reset_code(person.user_id)
    except ApiError as error:
        problems.show(error)
        return
    until = when.moment(issued.expires_at, now=when.now())
    st.session_state["reset_code"] = (person.user_id, issued.code, until)
    st.rerun()
