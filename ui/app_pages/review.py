"""Staff: compare photos with names, approve or reject with a reason."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import ReviewItem
from ui.components import cards, confirm, layout, problems, session
from ui.components.picture import inline_image
from ui.components.text import capital, html
from ui.components.when import age, moment, now

REASONS = (
    "The photo is blurred or too dark to read.",
    "The name on the document differs from the name you gave us.",
    "The document has expired.",
    "This is not a government document.",
)
OTHER = "Something else"


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
    said = "is approved. Their accounts are open now." if approve else "was told why, and can send another photo."
    st.html(f'<div class="tm-done" role="status"><span>✓</span><h2>{html(name)}</h2><p>{html(said)}</p></div>')
    label = f"Next person ({waiting} waiting)" if waiting else "Back to the list"
    with st.container(horizontal_alignment="center"):
        if st.button(label, icon=":material/arrow_forward:", key="review_next"):
            del st.session_state["review_decided"]
            st.rerun()


@st.dialog("Photo", width="large")
def enlarged(content: bytes) -> None:
    """The photo as large as the window."""
    st.html(f'<div class="tm-large">{inline_image(content, "Government photo")}</div>')


def case(item: ReviewItem) -> None:
    """One person: what they said, what they sent, and the decision."""
    photo, said = st.columns([1.3, 1], gap="medium")
    with photo:
        try:
            content = session.users().review_photo(item.user_id)
        except ApiError as error:
            problems.show(error)
        else:
            st.html(inline_image(content, "Government photo"))
            if st.button("Enlarge", icon=":material/zoom_in:", shortcut="Z", key=f"enlarge_{item.user_id}"):
                enlarged(content)
    with said:
        sent = capital(moment(item.submitted_at, now=now())) if item.submitted_at else "—"
        st.html(cards.facts([("Name", item.name), ("Email", item.email), ("Mobile", item.phone), ("Sent", sent)]))
        decision(item)


def decision(item: ReviewItem) -> None:
    """Approve or reject, each confirmed; the buttons are this person's own."""
    approve, reject = f"approve_{item.user_id}", f"reject_{item.user_id}"
    if confirm.is_asked(approve):
        text = f"Approve {item.name}? Their accounts can move money at once."
        confirm.question(text, "Yes, approve", lambda: decide(item, approve=True, reason=None), shortcut="Enter")
        return
    st.button(
        "Approve",
        type="primary",
        icon=":material/verified:",
        width="stretch",
        key=approve,
        on_click=confirm.ask,
        args=(approve,),
        shortcut="A",
    )
    if item.photo_status == "approved":
        st.caption("Approved already, but their accounts could not be told. Approve again to finish.")
        return
    with st.container(border=True, key="tm-reject"):
        choice = st.selectbox(
            "Reason for a rejection", [*REASONS, OTHER], index=None, key=f"reason_{item.user_id}"
        )
        reason = choice
        if choice == OTHER:
            reason = st.text_area(
                "In your words, to the customer", max_chars=300, key=f"words_{item.user_id}"
            ).strip()
        if reason and confirm.is_asked(reject):
            text = f"Reject the photo of {item.name}? They will read: {reason}"
            confirm.question(text, "Yes, reject", lambda: decide(item, approve=False, reason=reason))
            return
        st.button(
            "Reject",
            icon=":material/block:",
            width="stretch",
            disabled=not reason,
            key=reject,
            on_click=confirm.ask,
            args=(reject,),
            # R, the obvious one, is taken by Streamlit itself.
            shortcut="X",
        )


def step(ids: list[str], by: int) -> None:
    """Go to a neighbour in the list; what was asked about the last person is asked no more."""
    at = ids.index(st.session_state["review_user"]) + by
    st.session_state["review_user"] = ids[min(max(at, 0), len(ids) - 1)]
    confirm.close()


def choose(queue: list[ReviewItem]) -> ReviewItem:
    """The list of who waits and for how long; J and K go down and up."""
    by_id = {item.user_id: item for item in queue}
    ids = list(by_id)
    if st.session_state.get("review_user") not in by_id:
        st.session_state["review_user"] = ids[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            f"{len(queue)} waiting",
            ids,
            format_func=lambda user_id: (
                f"{by_id[user_id].name} · {by_id[user_id].email} · {age(by_id[user_id].submitted_at, now=now())}"
            ),
            key="review_user",
            on_change=confirm.close,
        )
        st.button("Earlier", on_click=step, args=(ids, -1), shortcut="K", disabled=chosen == ids[0])
        st.button("Later", on_click=step, args=(ids, 1), shortcut="J", disabled=chosen == ids[-1])
    return by_id[chosen]


user = session.user()
layout.head("Review", "People who wait to be confirmed, longest first. Every look at a photo is recorded.")
if not user.reviews:
    st.error("Your role does not include reviewing customers.", icon=":material/error:")
    st.stop()
if layout.has_just_come():
    st.session_state.pop("review_decided", None)
    confirm.close()
queue = session.users().review_queue()
if "review_decided" in st.session_state:
    name, is_approved = st.session_state["review_decided"]
    decided(name, approve=is_approved, waiting=len(queue))
elif not queue:
    layout.empty("Nobody is waiting", "New photos show up here when you come back.", "task_alt")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()
else:
    item = choose(queue)
    with st.container(border=True, key="tm-case"):
        case(item)
