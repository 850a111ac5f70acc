"""The app's texts in the person's language, and the locale by which they read and type numbers and dates.

Code writes each text once, in English: `_("Hello, {name}", name=…)`, `_n("{count} day", "{count} days", count)`,
`_p("state", "Open")` where one English word has several meanings, and `N_("…")` around a text of a constant,
which is translated where it is shown. What other parts of the bank say in English is known by its English
(`translated`). `make texts` brings them into `de.po`; `make check` refuses a text
without German.
"""

from ui.language.catalogue import N_, _, _n, _p, translated
from ui.language.choice import LANGUAGES, locale

__all__ = ["LANGUAGES", "N_", "_", "_n", "_p", "locale", "translated"]
