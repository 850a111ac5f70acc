"""Confirm who you are: the government photo, why it is asked for, what happens with it."""

import streamlit as st

from ui.clients.errors import ApiError
from ui.clients.users import User
from ui.components import layout, onboarding, session
from ui.components.fields import FORM, FieldProblems
from ui.components.text import html, literal
from ui.language import _

FILE, CAMERA = "file", "camera"


def send(name: str, content: bytes, wrong: FieldProblems) -> None:
    """Hand the photo over and say what comes next."""
    ending = name.rsplit(".", 1)[-1].lower()
    try:
        session.users().put_photo(f"photo.{ending}", content, onboarding.MEDIA_TYPES.get(ending, "image/jpeg"))
    except ApiError as error:
        wrong.refused(error)
        return
    session.user(fresh=True)
    st.rerun()


def ask() -> None:
    """A photo from a file or by the camera."""
    source = CAMERA if st.query_params.get("by") == CAMERA else FILE
    wrong = FieldProblems()
    if source == FILE:
        photo = st.file_uploader(
            _("Photo of your passport, identity card or driving licence"),
            type=list(onboarding.MEDIA_TYPES),
            max_upload_size=4,
            key="photo",
            help=_("JPEG, PNG or WebP, at most 4 MiB."),
        )
        other = (f"/identity?by={CAMERA}", _("Use the camera instead"))
    else:
        photo = st.camera_input(_("Photo of your passport, identity card or driving licence"), key="camera")
        other = ("/identity", _("Choose a file instead"))
    wrong.place("photo")
    # The browser lets this page alone use a camera, and decides when it loads one: so a link that loads it.
    st.html(f'<p><a class="tm-link" href="{other[0]}" target="_self">{html(other[1])}</a></p>')
    is_sent = st.button(_("Send this photo"), type="primary", icon=":material/upload:")
    wrong.place(FORM)
    content = photo.getvalue() if photo is not None else b""
    if len(content) > onboarding.PHOTO_MAX_BYTES:
        wrong.say("photo", _("This photo has more than 4 MiB. Take a smaller one."))
    elif is_sent and photo is None:
        wrong.say("photo", _("Choose a photo first.") if source == FILE else _("Take a photo first."))
    elif is_sent and photo is not None:
        send(photo.name, content, wrong)


def stand(user: User) -> None:
    """What the person has to do, or what they wait for."""
    where = onboarding.status(user)
    if where is None:
        st.success(_("You are approved. Money can move."), icon=":material/verified:")
        if st.button(_("Go to my accounts"), type="primary", icon=":material/home:"):
            st.switch_page("app_pages/home.py")
    elif where == "pending":
        st.info(
            _(
                "Somebody at the bank compares it with what you told us, usually within a day. This page says so "
                "as soon as it is done. You can open accounts meanwhile."
            ),
            title=_("We have your photo"),
            icon=":material/hourglass_top:",
        )
        if st.button(_("Open an account"), type="primary", icon=":material/add_card:"):
            st.switch_page("app_pages/open.py")
    else:
        if where == "rejected":
            st.error(
                literal(_(user.photo_reason)) if user.photo_reason else _("We could not use the last one."),
                title=_("We couldn’t accept your photo"),
                icon=":material/badge:",
            )
        with st.container(border=True, key="tm-photo"):
            ask()


WHY = (
    ("h2", _("Why we ask")),
    (
        "p",
        _(
            "The law asks every bank to know its customers. It also protects you: a stranger who knows your email "
            "still can’t be you."
        ),
    ),
    ("h2", _("What happens with it")),
    (
        "ol",
        (
            _("We strip hidden data, such as where it was taken."),
            _("We store it encrypted with a key of your own."),
            _("One of our staff compares it with your name; each look is recorded."),
            _("You are approved, or told what to do better."),
        ),
    ),
    ("p", _("When you leave us, your key is destroyed, and the photo with it.")),
)


def why() -> str:
    """HTML of the reasons."""
    parts = []
    for tag, text in WHY:
        inner = html(text) if isinstance(text, str) else "".join(f"<li>{html(item)}</li>" for item in text)
        parts.append(f"<{tag}>{inner}</{tag}>")
    return f'<div class="tm-why">{"".join(parts)}</div>'


user = session.user(fresh=True)
where = {None: onboarding.APPROVED, "pending": onboarding.WAITING}.get(onboarding.status(user), onboarding.PHOTO)
layout.head(_("Confirm who you are"), _("One photo, so that nobody else can open accounts in your name."))
onboarding.way(where)
form, reasons = st.columns([1.2, 1], gap="medium")
with form:
    stand(user)
with reasons:
    st.html(why())
