"""Profile: what the bank knows about the person, and signing out."""

import streamlit as st

from ui.components import cards, layout, onboarding, session, when

user = session.user(fresh=True)
layout.head("Profile", "What you told us, and where you stand.")
STANDING = {
    None: "Approved",
    "missing": "Waiting for your photo",
    "pending": "Photo under review",
    "rejected": "Photo not accepted",
}
rows = [
    ("Name", user.name),
    ("Email", user.email),
    ("Mobile number", user.phone),
    ("Standing", STANDING.get(onboarding.status(user), "Waiting for approval")),
    ("Customer since", when.date_of(user.created_at)),
    ("Customer id", user.user_id),
]
if user.roles:
    rows.append(("Role", ", ".join(user.roles).capitalize()))
with st.container(border=True, width=620, key="tm-profile"):
    st.html(cards.facts(rows))
st.caption("Your customer id is what somebody needs who wants to share an account with you.")
st.caption(
    "Your email and phone are stored encrypted with a key of your own. You are signed out by yourself after "
    "half an hour without use."
)
st.button("Sign out", icon=":material/logout:", on_click=session.end, key="sign_out_here")
