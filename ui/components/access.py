"""Where the person is signed in, and the programs that read their statistics."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import ProgramToken, Session
from ui.components import confirm, problems, said, session, when
from ui.components.fields import FORM, FieldProblems
from ui.components.text import html
from ui.language import _, _n

TOKEN_DAYS = (7, 30, 90, 365)
TOKEN_NAME_MAX_CHARACTERS = 100
_MADE = "token_made"


def _line(bold: str, small: str) -> None:
    st.html(f'<p class="tm-owner"><b>{html(bold)}</b><span>{html(small)}</span></p>', width="content")


def sessions() -> None:
    """Every sign-in, and the button that ends it."""
    client, now = session.users(), when.now()
    found = client.sessions()
    for item in found:
        _session(item, when.moment(item.last_seen_at, now=now))
    others = [item.session_id for item in found if not item.current]
    if len(others) > 1:
        st.button(
            _("End all others"), icon=":material/logout:", key="end_others", on_click=_end, args=(tuple(others),)
        )


def _session(item: Session, seen: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        here = _("This browser") if item.current else _("Another browser")
        since = _("Signed in since {date}, last used {moment}", date=when.date_of(item.created_at), moment=seen)
        _line(here, since)
        if not item.current:
            key = f"end_{item.session_id}"
            st.button(_("End"), key=key, on_click=_end, args=((item.session_id,),))


def _end(session_ids: tuple[str, ...]) -> None:
    """Before the page runs again, which finds them gone."""
    client = session.users()
    try:
        for session_id in session_ids:
            client.end_session(session_id)
    except ApiError as error:
        if error.status != 404:
            st.session_state["access_refused"] = error
            return
    said.keep(_n("That sign-in is over.", "Those sign-ins are over.", len(session_ids)))


def refused() -> None:
    """Why the last step was not done."""
    if error := st.session_state.pop("access_refused", None):
        problems.show(error)


def has_made_one() -> bool:
    """Whether a token waits to be copied."""
    return _MADE in st.session_state


def programs() -> None:
    """Tokens of programs: made, shown once, ended."""
    st.caption(_("A token lets a program read your statistics, and nothing else."))
    made: ProgramToken | None = st.session_state.get(_MADE)
    if made is not None:
        _shown_once(made)
    for item in session.users().tokens():
        _token(item)
    _make()


def _shown_once(made: ProgramToken) -> None:
    st.success(
        _("Copy it now: it is not shown again. Who has it can read your statistics."),
        title=_("Your token"),
        icon=":material/key:",
    )
    st.code(made.access_token, language=None, wrap_lines=True)
    if st.button(_("I have copied it"), icon=":material/check:"):
        del st.session_state[_MADE]
        st.rerun()


def _token(item: ProgramToken) -> None:
    key = f"revoke_{item.token_id}"
    used = when.date_of(item.last_used_at) if item.last_used_at else _("never")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        _line(item.name, _("Good until {date}, last used: {used}", date=when.date_of(item.expires_at), used=used))
        if not confirm.is_asked(key):
            st.button(_("Revoke"), key=key, on_click=confirm.ask, args=(key,))
    if confirm.is_asked(key):
        confirm.question(
            _("Revoke {name}? The program can read no more at once.", name=item.name),
            _("Yes, revoke"),
            lambda: _revoke(item.token_id),
        )


def _revoke(token_id: str) -> None:
    try:
        session.users().revoke_token(token_id)
    except ApiError as error:
        if error.status != 404:
            problems.show(error)
            return
    said.keep(_("The token is revoked."))
    st.rerun()


def _make() -> None:
    wrong = FieldProblems()
    with st.form("tm-token", border=False):
        name = st.text_input(_("What is the program called?"), key="token_name").strip()
        wrong.place("name")
        days = st.selectbox(
            _("For how long?"),
            TOKEN_DAYS,
            index=2,
            format_func=lambda count: _n("{count} day", "{count} days", count),
            key="token_days",
        )
        is_sent = st.form_submit_button(_("Make a token"), icon=":material/add:")
        wrong.place(FORM)
    if not is_sent:
        return
    if not name:
        wrong.say("name", _("Give it a name, so that you know it again."))
    wrong.limit("name", name, TOKEN_NAME_MAX_CHARACTERS)
    if wrong.found:
        return
    try:
        st.session_state[_MADE] = session.users().create_token(name, days)
    except ApiError as error:
        wrong.refused(error)
    else:
        del st.session_state["token_name"]
        st.rerun()
