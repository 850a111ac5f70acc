"""The Tidemark app, as a server.

Started from the checkout (or with the package installed) by

    python -m streamlit run ui/app.py --server.address 127.0.0.1 --server.port 8501

with `TIDEMARK_GATEWAY_URL` naming the bank's gateway (ui/settings.py has the rest). It answers 200 at
`/_stcore/health` once ready and ends on TERM. Everything else, the theme included, is in
`ui/.streamlit/config.toml`; any of it can be set by `STREAMLIT_…` variables instead.
"""

import logging
import traceback
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.watcher import polling_path_watcher

from ui.language import _
from ui.server.headers import SecurityHeaders
from ui.server.routes import routes

logger = logging.getLogger("tidemark.ui")
# These log addresses, which hold account numbers when staff search for one.
logging.getLogger("httpx").setLevel(logging.WARNING)
# How often Streamlit looks at its configuration's three files: five times a second was half of what an idle app
# cost. Its end waits for a look.
polling_path_watcher._POLLING_PERIOD_SECS = 2.0  # type: ignore[misc]


def _on_script_error(error: Exception) -> bool:
    # By type and place only: the message may hold what somebody typed.
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    logger.error("%s at %s", type(error).__name__, places)
    st.error(_("This page ran into a problem on our side. Nothing was changed. Please try again."))
    return True


app = st.App(
    Path(__file__).parent / "main.py",
    routes=routes,
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=_on_script_error,
)
