"""Payees: the names that the person keeps for account numbers; seen, added, changed, removed."""

import streamlit as st

from ui.clients.accounts import Payee
from ui.clients.errors import ApiError
from ui.components import confirm, layout, moving, problems, said, session
from ui.components.fields import FORM, FieldProblems
from ui.components.move_form import NAME_MAX_CHARACTERS
from ui.components.text import account_number, html
from ui.language import _

SHOWN_MAX = 25
_OPENED = "payee_opened"


def open_(number: str) -> None:
    """Show the payee's form from the next run on; "" for none."""
    st.session_state[_OPENED] = number
    confirm.close()


def found(payees: list[Payee]) -> list[Payee]:
    """Those of the search, by name; all when there are few enough to see at once."""
    by_name = sorted(payees, key=lambda payee: (payee.name.casefold(), payee.number))
    if len(by_name) <= SHOWN_MAX:
        return by_name
    words = st.text_input(
        _("Search"), placeholder=_("A name or an account number"), icon=":material/search:", key="payees_search"
    )
    text = words.strip().casefold()
    digits = text.replace(" ", "")
    matching = [payee for payee in by_name if text in payee.name.casefold() or (digits and digits in payee.number)]
    if len(matching) > SHOWN_MAX:
        st.caption(_("The first {count} are shown. Search to see others.", count=SHOWN_MAX))
    return matching[:SHOWN_MAX]


def line(payee: Payee, *, may_pay: bool) -> None:
    """A payee, how to pay them, and the way to change or remove them."""
    is_open = st.session_state.get(_OPENED) == payee.number
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(
            f'<p class="tm-owner"><b>{html(payee.name)}</b><span>{html(account_number(payee.number))}</span></p>',
            width="content",
        )
        with st.container(horizontal=True, width="content"):
            if may_pay and st.button(_("Pay"), key=f"pay_{payee.number}", icon=":material/arrow_outward:"):
                number = account_number(payee.number)
                moving.go(kind="transfer", whose=moving.OTHERS, number=number, name=payee.name)
            if not is_open:
                st.button(_("Change"), key=f"change_{payee.number}", on_click=open_, args=(payee.number,))
    if is_open:
        change(payee)


def change(payee: Payee) -> None:
    """The payee's name, to be kept otherwise or forgotten."""
    key = f"forget_{payee.number}"
    if confirm.is_asked(key):
        confirm.question(
            _("Remove {name}? Your statements show the number again.", name=payee.name),
            _("Yes, remove"),
            lambda: forget(payee),
        )
        return
    name_form(f"tm-payee-{payee.number}", payee)
    with st.container(horizontal=True):
        st.button(_("Close"), key=f"close_{payee.number}", on_click=open_, args=("",))
        st.button(_("Remove"), key=key, icon=":material/delete:", on_click=confirm.ask, args=(key,))


def forget(payee: Payee) -> None:
    """Remove the name."""
    try:
        session.accounts().forget_payee(payee.number)
    except ApiError as error:
        problems.show(error)
        return
    open_("")
    said.keep(_("{name} is removed.", name=payee.name))
    st.rerun()


def name_form(form: str, payee: Payee | None) -> None:
    """A name for an account number: the payee's, or a new one's."""
    wrong = FieldProblems()
    with st.form(form, border=payee is None, clear_on_submit=False):
        typed = payee.number if payee else ""
        if payee is None:
            typed = st.text_input(_("Account number"), placeholder="4821 553 906", key="payee_number")
            wrong.place("number")
        name = st.text_input(
            _("What you call them"),
            value=payee.name if payee else "",
            key=f"{form}_name",
            help=_("Stands in your statement in place of the number. Only you see it."),
        ).strip()
        wrong.place("name")
        is_sent = st.form_submit_button(_("Keep the name") if payee else _("Add"), icon=":material/check:")
        wrong.place(FORM)
    if not is_sent:
        return
    number = ""
    try:
        number = moving.number_of(typed)
    except ValueError as error:
        wrong.say("number", str(error))
    if not name:
        wrong.say("name", _("Give it a name, so that you know it again."))
    wrong.limit("name", name, NAME_MAX_CHARACTERS)
    if wrong.found:
        return
    try:
        session.accounts().keep_payee(number, name)
    except ApiError as error:
        wrong.refused(error)
        return
    for key in ("payee_number", f"{form}_name"):
        st.session_state.pop(key, None)
    open_("")
    said.keep(_("{name} is kept.", name=name))
    st.rerun()


layout.head(_("Payees"), _("Whom you pay, by the names that you gave them. Only you see these names."))
if layout.has_just_come():
    open_("")
said.show()
user = session.user()
payees = session.accounts().payees()
with st.container(width=620):
    if payees:
        with st.container(border=True, key="tm-found", gap="small"):
            for payee in found(payees):
                line(payee, may_pay=user.approved)
    else:
        layout.empty(
            _("No payee yet"),
            _("Give somebody a name when you pay them, or add them here."),
            "contacts",
        )
    layout.part(_("Add somebody"))
    name_form("tm-payee-new", None)
