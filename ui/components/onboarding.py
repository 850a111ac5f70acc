"""Where somebody stands on the way to being approved, in words."""

import streamlit as st

from ui.clients.users import User
from ui.components import layout, moving, session, steps
from ui.components.text import literal
from ui.language import N_, _

PHOTO_MAX_BYTES = 4 * 1024 * 1024
MEDIA_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
STEPS = (N_("Your details"), N_("Your photo"), N_("Our check"))
DATA, PHOTO, WAITING, APPROVED = range(4)
_NEWS, _SEEN = "onboarding_news", "onboarding_seen"


def status(user: User) -> str | None:
    """missing, pending or rejected while something keeps money from moving; None when approved."""
    return None if user.approved else user.photo_status


def way(at: int) -> None:
    """The three steps, and at which one the person is."""
    st.html(steps.bar([_(name) for name in STEPS], at))


def news(user: User) -> None:
    """Say on any page that somebody was approved, or their photo refused, while they are here."""
    state = st.session_state
    before, now = state.get(_SEEN), status(user) or "approved"
    state[_SEEN] = now
    if before not in (None, now) and now in ("approved", "rejected"):
        state[_NEWS] = now
    elif layout.has_just_come():
        state.pop(_NEWS, None)
    if state.get(_NEWS) == "approved":
        _approved(user)
    elif state.get(_NEWS) == "rejected":
        st.toast(_("We couldn’t accept your photo"), icon=":material/badge:", duration="long")


def _approved(user: User) -> None:
    """That money can move, and what to begin with."""
    has_account = any(account.can_move_money for account in session.accounts().of_user(user.user_id))
    if has_account:
        text = _("Your accounts are open, and money can move. Begin with paying something in.")
    else:
        text = _("Open an account, and money can move at once.")
    st.success(text, title=_("You are approved"), icon=":material/celebration:")
    if not has_account:
        if st.button(_("Open an account"), type="primary", icon=":material/add_card:", key="first_account"):
            st.switch_page("app_pages/open.py")
    elif st.button(_("Pay in"), type="primary", icon=":material/add:", key="first_deposit"):
        moving.go(kind="deposit")


def banner(user: User) -> None:
    """Say what is missing before money can move; nothing for somebody approved."""
    where = status(user)
    if where is None:
        return
    if where == "missing":
        st.warning(
            _(
                "Send us a photo of an identity document. Until we have confirmed who you are, you can look "
                "around and open accounts, but no money moves."
            ),
            title=_("One step left"),
            icon=":material/badge:",
        )
        label = _("Send a photo")
    elif where == "rejected":
        reason = literal(_(user.photo_reason)) if user.photo_reason else _("We could not use it.")
        st.error(
            f"{reason} {_('Please send another one.')}",
            title=_("We couldn’t accept your photo"),
            icon=":material/badge:",
        )
        label = _("Send another photo")
    else:
        st.info(
            _(
                "We have your photo and are looking at it. You can open accounts meanwhile; money moves as soon "
                "as you are approved."
            ),
            title=_("We are confirming who you are"),
            icon=":material/hourglass_top:",
        )
        return
    if st.button(label, type="primary", icon=":material/upload:", key="to_identity"):
        st.switch_page("app_pages/identity.py")
