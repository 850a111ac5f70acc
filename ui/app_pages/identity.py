"""Confirm who you are: the government photo, why it is asked for, what happens with it."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import layout, onboarding, problems, session
from ui.components.text import literal

user = session.user(fresh=True)
where = onboarding.status(user)
layout.head("Confirm who you are", "One photo, so that nobody else can open accounts in your name.")


def send(name: str, content: bytes) -> None:
    """Hand the photo over and say what comes next."""
    ending = name.rsplit(".", 1)[-1].lower()
    try:
        session.users().put_photo(f"photo.{ending}", content, onboarding.MEDIA_TYPES[ending])
    except ApiError as error:
        problems.show(error, labels={"photo": "Photo"})
        return
    session.user(fresh=True)
    st.rerun()


form, why = st.columns([1.2, 1], gap="medium")
with form:
    if where is None:
        st.success("You are approved. Money can move.", icon=":material/verified:")
    elif where == "pending":
        st.info(
            "Somebody at the bank compares it with what you told us, usually within a day. You can open "
            "accounts meanwhile.",
            title="We have your photo",
            icon=":material/hourglass_top:",
        )
        if st.button("Open an account", type="primary", icon=":material/add_card:"):
            st.switch_page("app_pages/open.py")
    else:
        if where == "rejected":
            st.error(
                literal(user.photo_reason or "We could not use the last one."),
                title="We couldn’t accept your photo",
                icon=":material/badge:",
            )
        with st.container(border=True, key="tm-photo"):
            photo = st.file_uploader(
                "Photo of your passport, identity card or driving licence",
                type=list(onboarding.MEDIA_TYPES),
                max_upload_size=4,
                key="photo",
                help="JPEG, PNG or WebP, at most 4 MiB.",
            )
            content = photo.getvalue() if photo is not None else b""
            is_too_large = len(content) > onboarding.PHOTO_MAX_BYTES
            if is_too_large:
                st.error("This photo has more than 4 MiB. Take a smaller one.", icon=":material/error:")
            is_sent = st.button(
                "Send this photo",
                type="primary",
                icon=":material/upload:",
                disabled=photo is None or is_too_large,
            )
            if is_sent and photo is not None:
                send(photo.name, content)
with why:
    st.html(
        '<div class="tm-why"><h3>Why we ask</h3><p>The law asks every bank to know its customers. It also '
        "protects you: a stranger who knows your email still can’t be you.</p>"
        "<h3>What happens with it</h3><ol><li>We strip hidden data, such as where it was taken.</li>"
        "<li>We store it encrypted with a key of your own.</li>"
        "<li>One of our staff compares it with your name; each look is recorded.</li>"
        "<li>You are approved, or told what to do better.</li></ol>"
        "<p>When you leave us, your key is destroyed, and the photo with it.</p></div>"
    )
