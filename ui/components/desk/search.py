"""Finding people and accounts by whatever is known of them."""

import re
from dataclasses import dataclass

import streamlit as st

from ui.clients.accounts import Account
from ui.clients.errors import ApiError
from ui.clients.users import Person
from ui.components import cards, layout, problems, session
from ui.components.text import has_typo, html, typed_number
from ui.language import _

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Found:
    """What a search gave."""

    people: list[Person]
    accounts: list[Account]


def look_for(typed: str) -> Found:
    """An id, an email, a phone with its plus, an account number, else the words of a name. Raises ApiError."""
    text = typed.strip()
    if UUID.fullmatch(text.lower()):
        return _by_id(text.lower())
    if "@" in text:
        return Found(session.users().find(email=text), [])
    if text.startswith("+"):
        return Found(session.users().find(phone=text), [])
    number = typed_number(text)
    if number is not None:
        accounts = [] if has_typo(number) else session.accounts().search(number=number)
        owners = [owner for account in accounts for owner in account.owners]
        return Found([person for owner in owners if (person := _person(owner)) is not None], accounts)
    return Found(session.users().find(name=text), [])


def _by_id(identifier: str) -> Found:
    person = _person(identifier)
    if person is not None:
        return Found([person], [])
    try:
        return Found([], [session.accounts().get(identifier)])
    except ApiError as error:
        if error.status != 404:
            raise
        return Found([], [])


def _person(user_id: str) -> Person | None:
    try:
        return session.users().person(user_id)
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def show() -> None:
    """The search field and what it finds."""
    typed = st.text_input(
        _("Name, email, phone, account number or id"),
        key="people_search",
        placeholder=_("Ada Lovelace · ada@example.com · +420 601 123 456 · 4821 553 906"),
        icon=":material/search:",
        persist_state="session",
    )
    if not typed.strip():
        st.caption(_("A name is found by its whole words in any order; everything else exactly."))
        return
    try:
        found = look_for(typed)
    except ApiError as error:
        if error.status not in {400, 409}:
            problems.show(error)
            return
        # Not a form in which an email, a phone or a name can be: nobody has it.
        found = Found([], [])
    if not found.people and not found.accounts:
        layout.empty(
            _("Nobody found"), _("Check the spelling. A phone begins with + and its country."), "person_search"
        )
        return
    with st.container(border=True, key="tm-found", gap="xsmall"):
        for account in found.accounts:
            link(cards.option(account), "account", account.account_id)
        for person in found.people:
            link(f"{person.name} · {person.email} · {person.phone}", "person", person.user_id)


def link(text: str, kind: str, identifier: str) -> None:
    """A link to a person's or an account's page; the address holds its id alone.

    A plain one: Streamlit's own leave the address as it is where a page leads to itself.
    """
    st.html(f'<a class="tm-hit" href="/people?{kind}={html(identifier)}" target="_self">{html(text)}</a>')
