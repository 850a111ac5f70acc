"""The app's pages: at which address each is, how the menu calls it, and whose it is."""

from dataclasses import dataclass

from ui.clients.users import User
from ui.language import N_


@dataclass(frozen=True)
class Entry:
    """A page: `name` is its address and its file in app_pages."""

    name: str
    title: str
    icon: str


HOME = Entry("home", N_("Home"), "home")
# Where every address leads that no page has.
LOST = Entry("lost", N_("Nothing here"), "explore_off")
CUSTOMER = (
    HOME,
    Entry("move", N_("Move money"), "swap_horiz"),
    Entry("account", N_("Statements"), "receipt_long"),
    Entry("statistics", N_("Statistics"), "insights"),
    Entry("payees", N_("Payees"), "contacts"),
    Entry("open", N_("Open an account"), "add_card"),
    Entry("sharing", N_("Joint accounts"), "group"),
    Entry("identity", N_("Confirm who you are"), "badge"),
)
DESK = (
    Entry("review", N_("Review"), "fact_check"),
    Entry("people", N_("People"), "person_search"),
    Entry("lookup", N_("Look up"), "search"),
    Entry("bank", N_("The bank"), "account_balance"),
    Entry("pipeline", N_("Pipeline"), "conversion_path"),
)
OWN = (Entry("profile", N_("Profile"), "person"),)
ALL = (*CUSTOMER, *DESK, *OWN, LOST)
ADDRESSES = frozenset({"/", *(f"/{entry.name}" for entry in ALL)})


def in_menu(user: User) -> frozenset[str]:
    """The names of the pages that this person's menu has; the services decide again on every call."""
    may_open = {
        "identity": not user.approved and not user.works_here,
        "review": user.reviews,
        "people": user.reads_users,
        "lookup": user.reads_statistics and not user.reads_users,
        "bank": user.reads_statistics,
        "pipeline": user.reads_statistics,
        "lost": False,
    }
    return frozenset(entry.name for entry in ALL if may_open.get(entry.name, True))
