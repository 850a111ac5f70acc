"""Joint accounts: what the person is invited to, who owns an account of theirs, and whom they invite."""

import streamlit as st

from ui.components import layout, session, sharing
from ui.components.picker import pick
from ui.language import _

user = session.user()
client = session.accounts()
layout.head(_("Joint accounts"), _("Share an account with somebody: who accepts may do with it all that you may."))
if layout.has_just_come():
    sharing.forget()
sharing.said()
received = client.invitations()
if received:
    layout.part(_("You are invited"))
    for item in received:
        sharing.invitation(item)

accounts = [account for account in client.of_user(user.user_id) if account.closed_at is None]
if not accounts:
    if not received:
        layout.empty(
            _("No account to share yet"),
            _("Open one, and you can invite somebody to own it with you."),
            "group",
            action=(_("Open an account"), "open"),
        )
    st.stop()
layout.part(_("Your accounts"))
with st.container(width=620):
    account = pick(accounts, "sharing_account")
owners = client.owners(account.account_id)
with st.container(border=True, width=620, key="tm-owners"):
    for owner in owners.items:
        sharing.owner(account, owner, is_only=len(owners.items) == 1)
    for invited in owners.invitations:
        sharing.invited(account, invited)
if user.approved:
    sharing.invite(account)
else:
    st.caption(_("You can invite somebody once we have confirmed who you are."))
