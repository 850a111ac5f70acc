"""The first step of moving money: which way, how much, which account, to whom."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ui.clients.accounts import Account, Payee
from ui.components import cards, enter, moving, payees
from ui.components.facts import facts
from ui.components.fields import FieldProblems
from ui.components.money import AmountError, example, format_money, parse_amount
from ui.components.moving import OTHERS, OWN
from ui.components.picker import Choice
from ui.components.text import account_number, literal
from ui.language import N_, _

WHOSE = {OWN: N_("One of my accounts"), OTHERS: N_("Somebody else")}
NAME_MAX_CHARACTERS = 60


@dataclass(frozen=True)
class Side:
    """The other side as the form has it: what the bank calls it, what people call it, and the name to keep."""

    other: str
    label: str
    payee: Payee | None = None
    is_new: bool = False


def ask(accounts: Sequence[Account], work: moving.Work) -> moving.Draft | None:
    """What to move, once it is complete and the person asks to see it; stays filled in meanwhile."""
    form, beside = st.columns([1.45, 1], gap="medium")
    with form, st.container(border=True, key="tm-form"):
        kind = st.segmented_control(
            _("What would you like to do?"),
            list(moving.KINDS),
            format_func=lambda name: _(moving.KINDS[name]),
            default="transfer",
            required=True,
            key="move_kind",
            persist_state="page",
            label_visibility="collapsed",
            width="stretch",
        )
        # Stands first; which currency it is in follows from the account below it.
        amount_place = st.container()
        label = _("To account") if kind == "deposit" else _("From account")
        account = Choice(accounts).ask(label, "move_account")
        wrong = FieldProblems()
        with amount_place:
            typed = _amount_field(account, wrong, is_limited=kind != "deposit")
        if kind == "transfer":
            side, problem = _recipient(accounts, account, wrong, payees.known(account, accounts, since=work.id))
        else:
            side, problem = _outside(is_in=kind == "deposit"), ""
        memo = ""
        if kind == "transfer":
            memo = st.text_input(
                _("Memo (optional)"),
                key="move_memo",
                persist_state="page",
                placeholder=_("Whoever is paid reads it too."),
            ).strip()
            wrong.place("memo")
        is_asked = st.button(
            _("Review"), type="primary", width="stretch", icon=":material/arrow_forward:", key="move_review"
        )
        enter.presses("move_review", form="tm-form")
        wrong.place()
        draft = None
        if is_asked:
            amount = _amount(typed, account, wrong, is_limited=kind != "deposit")
            wrong.limit("memo", memo, facts().memo_max_characters)
            if problem:
                wrong.say("number", problem)
            if side is not None and side.payee is not None:
                wrong.limit("name", side.payee.name, NAME_MAX_CHARACTERS)
            if side is not None and not wrong.found:
                draft = moving.Draft(
                    kind or "transfer",
                    account,
                    side.other,
                    side.label,
                    amount,
                    memo,
                    payee=side.payee,
                    is_new_payee=side.is_new,
                )
    with beside:
        st.html(cards.account_card(account))
    return draft


def available(account: Account) -> int:
    """What can leave the account, in minor units."""
    return max(account.total + account.overdraft_limit, 0)


def _amount_field(account: Account, wrong: FieldProblems, *, is_limited: bool) -> str:
    typed = st.text_input(
        _("Amount in {currency}", currency=account.currency),
        placeholder=example(account.currency),
        key="move_amount",
        persist_state="page",
    )
    wrong.place("amount")
    if is_limited:
        there = format_money(available(account), account.currency)
        st.caption(literal(_("{amount} available", amount=there)))
    return typed


def _amount(typed: str, account: Account, wrong: FieldProblems, *, is_limited: bool) -> int:
    try:
        amount = parse_amount(typed, account.currency)
    except AmountError as error:
        wrong.say("amount", str(error))
        return 0
    there = available(account)
    if is_limited and amount > there:
        text = _("There is {amount} in the account to use.", amount=format_money(there, account.currency))
        wrong.say("amount", text)
    return amount


def _outside(*, is_in: bool) -> Side:
    outside = st.selectbox(
        _("How does it come in?") if is_in else _("How is it paid out?"),
        list(moving.OUTSIDE),
        format_func=lambda name: _(moving.OUTSIDE[name]),
        key="move_outside",
        persist_state="page",
    )
    return Side(outside, _(moving.OUTSIDE[outside]))


def _recipient(
    accounts: Sequence[Account], source: Account, wrong: FieldProblems, people: Sequence[Payee]
) -> tuple[Side | None, str]:
    own = moving.destinations(accounts, source)
    options = [OWN, OTHERS] if own else [OTHERS]
    if st.session_state.get("move_whose") not in options:
        st.session_state.pop("move_whose", None)
    whose = st.segmented_control(
        _("To"),
        options,
        format_func=lambda name: _(WHOSE[name]),
        default=options[0],
        required=True,
        key="move_whose",
        persist_state="page",
    )
    if whose == OWN:
        to = Choice(own).ask(_("To account"), "move_to")
        return Side(to.account_id, cards.short(to)), ""
    return _somebody(source, wrong, people)


def _somebody(source: Account, wrong: FieldProblems, people: Sequence[Payee]) -> tuple[Side | None, str]:
    if people:
        st.pills(
            _("Paid before"),
            [payee.number for payee in people[: payees.SHOWN_MAX]],
            format_func=lambda number: literal(payees.name_of(number, people) or account_number(number)),
            key="move_recent",
            on_change=_fill,
            args=(people,),
        )
    typed = st.text_input(
        _("Account number of the recipient"), placeholder="4821 553 906", key="move_number", persist_state="page"
    )
    wrong.place("number")
    name = st.text_input(
        _("What you call them (optional)"),
        key="move_name",
        persist_state="page",
        help=_("Stands in your statement in place of the number. Only you see it."),
    ).strip()
    wrong.place("name")
    try:
        number = moving.recipient_of(typed, source)
    except ValueError as error:
        return None, str(error)
    kept = payees.name_of(number, people)
    payee = Payee(number, name) if name and name != kept else None
    is_new = number not in {item.number for item in people}
    return Side(number, moving.payee_label(number, name or kept), payee, is_new), ""


def _fill(people: Sequence[Payee]) -> None:
    """The one chosen among those paid before stands in the fields."""
    number = st.session_state.get("move_recent")
    if number:
        st.session_state["move_number"] = account_number(number)
        st.session_state["move_name"] = payees.name_of(number, people)
