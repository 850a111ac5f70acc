"""Where an address leads that no page of the app has."""

from ui.components import layout
from ui.language import _

layout.head(_("Nothing here"))
layout.empty(
    _("There is no page at this address"),
    _("It may be mistyped, or from an older version of the app. Everything of yours can be reached from Home."),
    "explore_off",
    action=(_("Home"), "home"),
)
