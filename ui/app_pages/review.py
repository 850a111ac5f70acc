"""Staff: compare photos with names, approve or reject with a reason."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import ReviewItem
from ui.components import cards, layout, problems, session
from ui.components.picture import inline_image
from ui.components.when import moment, now

REASONS = (
    "The photo is blurred or too dark to read.",
    "The name on the document differs from the name you gave us.",
    "The document has expired.",
    "This is not a government document.",
)
OTHER = "Something else"


def decide(item: ReviewItem, *, approve: bool, reason: str | None) -> None:
    """Send the decision; the queue is read again afterwards."""
    try:
        session.users().decide(item.user_id, approve=approve, reason=reason)
    except ApiError as error:
        problems.show(error)
        return
    said = "Approved. Their accounts are open now." if approve else "Rejected. They can read why."
    st.toast(said, icon=":material/check:")
    st.rerun()


def case(item: ReviewItem) -> None:
    """One person: what they said, what they sent, and the decision."""
    photo, said = st.columns([1.3, 1], gap="medium")
    with photo:
        try:
            st.html(inline_image(session.users().review_photo(item.user_id), "Government photo"))
        except ApiError as error:
            problems.show(error)
    with said:
        sent = moment(item.submitted_at, now=now()).capitalize() if item.submitted_at else "—"
        st.html(cards.facts([("Name", item.name), ("Email", item.email), ("Mobile", item.phone), ("Sent", sent)]))
        if st.button("Approve", type="primary", icon=":material/verified:", width="stretch", key="approve"):
            decide(item, approve=True, reason=None)
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
            is_rejected = st.button(
                "Reject", icon=":material/block:", width="stretch", disabled=not reason, key="reject"
            )
            if is_rejected:
                decide(item, approve=False, reason=reason)


user = session.user()
layout.head("Review", "People who wait to be confirmed, longest first. Every look at a photo is recorded.")
if "staff" not in user.roles:
    st.error("This page is for staff.", icon=":material/error:")
    st.stop()
queue = session.users().review_queue()
if not queue:
    layout.empty("Nobody is waiting", "New photos show up here when you come back.", "task_alt")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()
else:
    by_id = {item.user_id: item for item in queue}
    chosen = st.selectbox(
        f"{len(queue)} waiting",
        list(by_id),
        format_func=lambda user_id: f"{by_id[user_id].name} · {by_id[user_id].email}",
        key="review_user",
    )
    with st.container(border=True, key="tm-case"):
        case(by_id[chosen])
