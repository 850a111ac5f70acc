"""Profile: what the bank knows about the person, where they are signed in, and how to leave."""

import streamlit as st

from ui.components import access, cards, confirm, details, layout, leaving, onboarding, said, session, when
from ui.language import N_, _

STANDING = {
    None: N_("Approved"),
    "missing": N_("Waiting for your photo"),
    "pending": N_("Photo under review"),
    "rejected": N_("Photo not accepted"),
}

user = session.user(fresh=True)
layout.head(_("Profile"), _("What you told us, and where you stand."))
if layout.has_just_come():
    confirm.close()
said.show()
access.refused()
rows = [
    (_("Name"), user.name),
    (_("Email"), user.email),
    (_("Mobile number"), user.phone),
    (_("Standing"), _(STANDING.get(onboarding.status(user), N_("Waiting for approval")))),
    (_("Customer since"), when.date_of(user.created_at)),
    (_("Customer id"), user.user_id),
]
if user.roles:
    rows.append((_("Role"), cards.roles(user.roles)))
with st.container(width=620):
    with st.container(border=True, key="tm-profile"):
        st.html(cards.facts(rows))
    st.caption(_("Your customer id is what somebody needs who wants to share an account with you."))
    with st.expander(_("Change name, email or mobile number"), icon=":material/edit:"):
        details.change_details(user)
    with st.expander(_("Change the password"), icon=":material/password:"):
        details.change_password()
    with st.expander(_("Where you are signed in"), icon=":material/devices:"):
        access.sessions()
    with st.expander(_("Tokens for programs"), icon=":material/key:", expanded=access.has_made_one()):
        access.programs()
    with st.expander(_("Delete my user"), icon=":material/delete_forever:"):
        leaving.show()
    st.caption(
        _(
            "Your email and phone are stored encrypted with a key of your own. You are signed out automatically "
            "after half an hour without use."
        )
    )
st.button(_("Sign out"), icon=":material/logout:", on_click=session.end, key="sign_out_here")
