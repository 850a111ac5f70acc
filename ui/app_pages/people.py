"""Staff: find a person or an account, see it, act on it."""

import streamlit as st

from ui.components import confirm, layout, session
from ui.components.desk import account, person, search
from ui.components.text import html
from ui.language import _

user = session.user()
layout.head(_("People"), _("Customers and their accounts, by what you know of them."))
if not user.reads_users:
    st.error(_("Your role does not include seeing customers."), icon=":material/error:")
    st.stop()
place = tuple(st.query_params.get(name, "") for name in ("person", "account", "movement"))
if layout.has_just_come() or st.session_state.get("people_place") != place:
    st.session_state["people_place"] = place
    st.session_state.pop("reset_code", None)
    confirm.close()
shown = next((name for name in ("account", "person") if name in st.query_params), None)
if shown is not None:
    st.html(f'<a class="tm-link" href="/people" target="_self">{html(_("Find somebody else"))}</a>')
if shown == "account":
    account.show(st.query_params["account"], user)
elif shown == "person":
    person.show(st.query_params["person"], user)
else:
    search.show()
