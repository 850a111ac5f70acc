"""Staff and analysts: the health of the pipeline on one page."""

import streamlit as st

from ui.components import layout, pipeline_health, session
from ui.language import _

user = session.user()
layout.head(_("Pipeline"), _("How the statistics are made: the last runs, what they proved, and what is wrong."))
if not user.reads_statistics:
    st.error(_("Your role does not include everybody’s statistics."), icon=":material/error:")
    st.stop()
pipeline_health.show()
