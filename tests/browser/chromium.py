"""Where a Chromium is: Playwright's own, or the system's."""

import shutil
from pathlib import Path

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
MISSING = "no Chromium: run `playwright install chromium`, or install one from the system's packages"
_SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable(own: str) -> str | None:
    """The one to start; `own` is where Playwright would have put its."""
    if Path(own).exists():
        return own
    return next(filter(None, map(shutil.which, _SYSTEM_NAMES)), None)
