"""What an owner does with an account beside moving its money: name it, share it, close it."""

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.components import cards, confirm, problems, said, session
from ui.components.fields import FieldProblems
from ui.components.move_form import NAME_MAX_CHARACTERS
from ui.language import _


def show(account: Account) -> None:
    """Folded up below the account's card."""
    with st.expander(_("Manage this account"), icon=":material/settings:"):
        _rename(account)
        if account.closed_at is not None:
            return
        st.page_link(
            "app_pages/sharing.py",
            label=_("Owners and invitations"),
            icon=":material/group:",
            query_params={"account": account.account_id},
        )
        _close(account)


def _rename(account: Account) -> None:
    wrong = FieldProblems()
    key = f"nickname_{account.account_id}"
    st.session_state.setdefault(key, account.nickname)
    with st.form(f"tm-rename-{account.account_id}", border=False):
        name = st.text_input(
            _("Your name for it"),
            placeholder=cards.type_label(account),
            key=key,
            help=_("Other owners don’t see it."),
        ).strip()
        wrong.place("nickname")
        is_sent = st.form_submit_button(_("Keep the name"), icon=":material/check:")
        wrong.place()
    if not is_sent:
        return
    if name == account.nickname:
        said.keep(_("There was nothing to change."))
        st.rerun()
    wrong.limit("nickname", name, NAME_MAX_CHARACTERS)
    if wrong.found:
        return
    try:
        session.accounts().rename(account.account_id, name)
    except ApiError as error:
        wrong.refused(error)
    else:
        said.keep(_("The account is called {name} now.", name=name or cards.type_label(account)))
        st.rerun()


def _close(account: Account) -> None:
    key = f"close_{account.account_id}"
    if confirm.is_asked(key):
        confirm.question(
            _("Close {account} for good? Its statement can still be read.", account=cards.option(account)),
            _("Yes, close it"),
            lambda: _do_close(account),
        )
        return
    if account.total:
        st.caption(_("It can be closed once its balance is zero."))
    st.button(
        _("Close this account"),
        icon=":material/cancel:",
        key=key,
        disabled=account.total != 0,
        on_click=confirm.ask,
        args=(key,),
    )


def _do_close(account: Account) -> None:
    try:
        session.accounts().close(account.account_id)
    except ApiError as error:
        problems.show(error)
    else:
        said.keep(_("The account is closed."))
        st.rerun()
