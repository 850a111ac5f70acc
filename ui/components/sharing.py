"""Joint accounts: invitations, owners, and the calls that change them. The bank decides on every one again."""

from collections.abc import Callable, Sequence
from uuid import UUID

import streamlit as st

from ui.clients.accounts import Account, Invitation, Owner, ReceivedInvitation
from ui.clients.errors import ApiError
from ui.components import cards, confirm, problems, session, when
from ui.components.text import account_number, html
from ui.language import _, _n, _p

_SAID = "sharing_said"
_REFUSED = "sharing_refused"
_TYPED = "invite_id"
_WRONG = "invite_wrong"


def banner(received: Sequence[ReceivedInvitation]) -> None:
    """Say on another page that invitations wait; nothing when there is none."""
    if not received:
        return
    text = _n(
        "You are invited to share an account. Nothing is yours before you accept.",
        "You are invited to share {count} accounts. Nothing is yours before you accept.",
        len(received),
    )
    st.info(text, icon=":material/group:")
    if st.button(_("Look at it"), icon=":material/arrow_forward:", key="to_sharing"):
        st.switch_page("app_pages/sharing.py")


def said() -> None:
    """What the last step did, or why it did not."""
    if text := st.session_state.get(_SAID):
        st.success(text, icon=":material/check_circle:")
    elif error := st.session_state.get(_REFUSED):
        problems.show(error)


def forget() -> None:
    """The person came anew: what was said or asked before is over."""
    _note(None, None)
    st.session_state.pop(_WRONG, None)
    confirm.close()


def _note(text: str | None, error: ApiError | None) -> None:
    st.session_state[_SAID], st.session_state[_REFUSED] = text, error


def _do(call: Callable[[], object], text: str) -> None:
    """One call, and what there is to say of it when the page runs again."""
    try:
        call()
    except ApiError as error:
        _note(None, error)
    else:
        _note(text, None)


def _do_now(call: Callable[[], object], text: str) -> None:
    """As `_do`, outside a button's `on_click`."""
    _do(call, text)
    st.rerun()


def _who(user_id: str, me: str) -> str:
    return _p("owner", "You") if user_id == me else _("Customer {user_id}", user_id=user_id)


def invitation(received: ReceivedInvitation) -> None:
    """An invitation to the person, which they accept or refuse."""
    client, me = session.accounts(), session.user().user_id
    accept, refuse = (f"{verb}_{received.account_id}" for verb in ("accept", "refuse"))
    with st.container(border=True, width=620, key=f"invitation-{received.account_id}"):
        rows = [
            (
                _("Account"),
                f"{cards.type_name(received.type)} · {account_number(received.number)} · {received.currency}",
            ),
            (_("Invited by"), _who(received.invited_by, me)),
            (_("Good until"), when.date_of(received.expires_at)),
        ]
        st.html(cards.facts(rows))
        if confirm.is_asked(refuse):
            confirm.question(
                _("Refuse the invitation? They can’t send it again at once."),
                _("Yes, refuse"),
                lambda: _do_now(
                    lambda: client.remove_owner(received.account_id, me), _("The invitation is refused.")
                ),
            )
            return
        with st.container(horizontal=True):
            # Before the page runs again, which may find the invitation gone and draw no button.
            st.button(
                _("Accept"),
                type="primary",
                icon=":material/check:",
                key=accept,
                on_click=lambda: _do(lambda: client.accept(received.account_id), _("The account is yours too.")),
            )
            st.button(_("Refuse"), icon=":material/close:", key=refuse, on_click=confirm.ask, args=(refuse,))


def owner(account: Account, item: Owner, *, is_only: bool) -> None:
    """One owner of the account, who may leave or be taken off it while there is another."""
    me = session.user().user_id
    is_me = item.user_id == me
    if is_me:
        label, yes, text = _("Leave"), _("Yes, leave"), _("You have left the account.")
        asked = _("Leave {account}? Only the other owners can bring you back.", account=cards.option(account))
    else:
        label, yes, text = _("Remove"), _("Yes, remove"), _("They own the account no more.")
        asked = _("Take {who} off this account? They can use it no more at once.", who=_who(item.user_id, me))
    _line(
        f"<b>{html(_who(item.user_id, me))}</b>"
        f"<span>{html(_('Owner since {date}', date=when.date_of(item.added_at)))}</span>",
        (label, asked, yes, text),
        account,
        item.user_id,
        is_fixed=is_only,
    )


def invited(account: Account, item: Invitation) -> None:
    """Somebody who has not answered yet, whose invitation can be taken back."""
    who = _who(item.user_id, session.user().user_id)
    _line(
        f"<b>{html(who)}</b>"
        f"<span>{html(_('Invited, good until {date}', date=when.date_of(item.expires_at)))}</span>",
        (
            _("Take back"),
            _("Take the invitation of {who} back?", who=who),
            _("Yes, take back"),
            _("The invitation is taken back."),
        ),
        account,
        item.user_id,
        is_fixed=False,
    )


def _line(what: str, way: tuple[str, str, str, str], account: Account, user_id: str, *, is_fixed: bool) -> None:
    """A person, and the button that takes them off: (label, question, answer, what is said after)."""
    key = f"off_{account.account_id}_{user_id}"
    label, asked, yes, text = way
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(f'<p class="tm-owner">{what}</p>', width="content")
        if not is_fixed and not confirm.is_asked(key):
            st.button(label, key=key, on_click=confirm.ask, args=(key,))
    if confirm.is_asked(key):
        client = session.accounts()
        confirm.question(
            asked, yes, lambda: _do_now(lambda: client.remove_owner(account.account_id, user_id), text)
        )


def invite(account: Account) -> None:
    """Ask for a customer id and invite them."""
    with st.form("tm-invite", border=True, width=620):
        st.text_input(
            _("Invite somebody, by their customer id"),
            placeholder="019a3c1e-…",
            help=_("They find it on their Profile page."),
            key=_TYPED,
        )
        if wrong := st.session_state.get(_WRONG):
            st.html(f'<p class="tm-problem" role="alert">{html(wrong)}</p>')
        st.form_submit_button(
            _("Invite"), type="primary", icon=":material/person_add:", on_click=_invite, args=(account.account_id,)
        )


def _invite(account_id: str) -> None:
    typed = st.session_state[_TYPED].strip()
    _note(None, None)
    st.session_state[_WRONG] = _wrong(typed)
    if not st.session_state[_WRONG]:
        client = session.accounts()
        text = _("The invitation is on its way. It is good for 14 days.")
        _do(lambda: client.invite(account_id, str(UUID(typed))), text)
    if st.session_state[_SAID]:
        st.session_state[_TYPED] = ""


def _wrong(typed: str) -> str | None:
    try:
        user_id = str(UUID(typed))
    except ValueError:
        example = "019a3c1e-7c1f-7a60-b1a2-0c1d2e3f4a5b"
        return _("This is no customer id. One looks like {example}.", example=example)
    return _("That is your own customer id.") if user_id == session.user().user_id else None
