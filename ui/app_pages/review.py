"""Staff: compare photos with names, approve or reject with a reason."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import ReviewItem
from ui.components import cards, confirm, keys, layout, problems, session
from ui.components.fields import FieldProblems
from ui.components.picture import inline_image
from ui.components.text import capital, html, literal
from ui.components.when import age, moment, now
from ui.language import N_, _, _n

REASONS = (
    N_("The photo is blurred or too dark to read."),
    N_("The name on the document differs from the name you gave us."),
    N_("The document has expired."),
    N_("This is not a government document."),
)
OTHER = N_("Something else")
LISTED_MAX = 30
REASON_MAX_CHARACTERS = 300


def decide(item: ReviewItem, *, approve: bool, reason: str | None) -> None:
    """Send the decision; then a page without a case, so that no next click decides about the next person."""
    try:
        session.users().decide(item.user_id, approve=approve, reason=reason)
    except ApiError as error:
        problems.show(error)
        return
    st.session_state["review_decided"] = (item.name, approve)
    st.session_state.pop("review_user", None)
    st.rerun()


def decided(name: str, *, approve: bool, waiting: int) -> None:
    """What was decided, until staff ask for the next person."""
    if approve:
        said = _("is approved. Their accounts are open now.")
    else:
        said = _("was told why, and can send another photo.")
    st.html(f'<div class="tm-done" role="status"><span>✓</span><h2>{html(name)}</h2><p>{html(said)}</p></div>')
    label = (
        _n("Next person ({count} waiting)", "Next person ({count} waiting)", waiting)
        if waiting
        else _("Back to the list")
    )
    with st.container(horizontal_alignment="center"):
        if st.button(label, icon=":material/arrow_forward:", key="review_next", shortcut="Enter"):
            del st.session_state["review_decided"]
            st.rerun()


def enlarged(content: bytes) -> None:
    """The photo as large as the window."""

    @st.dialog(_("Photo"), width="large")
    def shown() -> None:
        st.html(f'<div class="tm-large">{inline_image(content, _("Government photo"))}</div>')

    shown()


def case(item: ReviewItem) -> None:
    """One person: what they said, what they sent, and the decision."""
    photo, said = st.columns([1.3, 1], gap="medium")
    with photo:
        try:
            content = session.users().review_photo(item.user_id)
        except ApiError as error:
            problems.show(error)
        else:
            st.html(inline_image(content, _("Government photo")))
            if st.button(_("Enlarge"), icon=":material/zoom_in:", shortcut="Z", key=f"enlarge_{item.user_id}"):
                enlarged(content)
    with said:
        sent = capital(moment(item.submitted_at, now=now())) if item.submitted_at else "—"
        facts = [
            (_("Name"), item.name),
            (_("Email"), item.email),
            (_("Mobile"), item.phone),
            (_("Sent"), sent),
        ]
        st.html(cards.facts(facts))
        decision(item)


def decision(item: ReviewItem) -> None:
    """Approve or reject, each asked about once more; the buttons are this person's own."""
    approve, reject = f"approve_{item.user_id}", f"reject_{item.user_id}"
    if confirm.is_asked(approve):
        text = _("Approve {name}? Their accounts can move money at once.", name=item.name)
        # Not Enter, which a browser takes for a click on what has the focus as well.
        confirm.question(text, _("Yes, approve"), lambda: decide(item, approve=True, reason=None), shortcut="Y")
        return
    if confirm.is_asked(reject):
        rejection(item)
        return
    st.button(
        _("Approve"),
        type="primary",
        icon=":material/verified:",
        width="stretch",
        key=approve,
        on_click=confirm.ask,
        args=(approve,),
        shortcut="A",
    )
    if item.photo_status == "approved":
        st.caption(_("Approved already, but their accounts could not be told. Approve again to finish."))
        return
    st.button(
        _("Reject"), icon=":material/block:", width="stretch", key=reject, on_click=confirm.ask, args=(reject,)
    )
    keys.press({"r": reject}, name="reject")
    st.caption(_("Keys: A approves, Y says yes, R rejects, J and K go down and up, Z enlarges the photo."))


def rejection(item: ReviewItem) -> None:
    """Why, in words that the customer reads."""
    choice = st.selectbox(
        _("Reason for a rejection"),
        [*REASONS, OTHER],
        index=None,
        placeholder=_("Choose a reason"),
        format_func=lambda text: _(text),
        key=f"reason_{item.user_id}",
    )
    # Sent as it stands in the code: the customer may read another language than staff.
    reason = choice
    wrong = FieldProblems()
    if choice == OTHER:
        reason = st.text_area(_("In your words, to the customer"), key=f"words_{item.user_id}").strip()
        wrong.place("reason")
        wrong.limit("reason", reason, REASON_MAX_CHARACTERS)
    if reason and not wrong.found:
        text = _("Reject the photo of {name}? They will read: {reason}", name=item.name, reason=_(reason))
        confirm.question(text, _("Yes, reject"), lambda: decide(item, approve=False, reason=reason))
    else:
        st.button(_("Don’t reject"), key=f"keep_{item.user_id}", on_click=confirm.close, shortcut="Esc")


def step(ids: list[str], by: int) -> None:
    """Go to a neighbour in the list; what was asked about the last person is asked no more."""
    at = ids.index(st.session_state["review_user"]) + by
    go_to(ids[min(max(at, 0), len(ids) - 1)])


def go_to(user_id: str) -> None:
    """Look at this person."""
    st.session_state["review_user"] = user_id
    confirm.close()


def choose(queue: list[ReviewItem]) -> ReviewItem:
    """The list of who waits and for how long; J and K go down and up."""
    by_id = {item.user_id: item for item in queue}
    ids = list(by_id)
    if st.session_state.get("review_user") not in by_id:
        st.session_state["review_user"] = ids[0]
    chosen: str = st.session_state["review_user"]
    with st.container(key="tm-queue", gap=None):
        st.html(f'<h2 class="tm-part">{html(_n("{count} waiting", "{count} waiting", len(queue)))}</h2>')
        first = max(0, ids.index(chosen) - LISTED_MAX + 1)
        for user_id in ids[first : first + LISTED_MAX]:
            item = by_id[user_id]
            more = f"{item.email} · {age(item.submitted_at, now=now())}"
            st.button(
                f"{literal(item.name)} :small[{literal(more)}]",
                key=f"pick_{user_id}",
                type="primary" if user_id == chosen else "tertiary",
                width="stretch",
                on_click=go_to,
                args=(user_id,),
            )
    with st.container(horizontal=True):
        st.button(_("Up"), on_click=step, args=(ids, -1), shortcut="K", disabled=chosen == ids[0])
        st.button(_("Down"), on_click=step, args=(ids, 1), shortcut="J", disabled=chosen == ids[-1])
    return by_id[chosen]


user = session.user()
layout.head(_("Review"), _("People who wait to be confirmed, longest first. Every look at a photo is recorded."))
if not user.reviews:
    st.error(_("Your role does not include reviewing customers."), icon=":material/error:")
    st.stop()
if layout.has_just_come():
    st.session_state.pop("review_decided", None)
    confirm.close()
queue = session.users().review_queue()
if "review_decided" in st.session_state:
    name, is_approved = st.session_state["review_decided"]
    decided(name, approve=is_approved, waiting=len(queue))
elif not queue:
    layout.empty(_("Nobody is waiting"), _("New photos show up here when you come back."), "task_alt")
    if st.button(_("Look again"), icon=":material/refresh:"):
        st.rerun()
else:
    people, one = st.columns([1, 3], gap="medium")
    with people:
        item = choose(queue)
    with one, st.container(border=True, key="tm-case"):
        case(item)
