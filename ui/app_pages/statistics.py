"""Statistics of one's own accounts, by day, week and month."""

from ui.components import figures, layout, session
from ui.components.picker import pick
from ui.language import _

user = session.user()
accounts = session.accounts().of_user(user.user_id)
layout.head(_("Statistics"), _("Reconciled with your statement to the last cent before you see them."))
if accounts:
    account = pick(accounts, "stats_account")
    figures.show(account.account_id, account.currency, statement_at="/account")
else:
    layout.empty(
        _("No account yet"),
        _("Open one; its statistics start with the next refresh."),
        "insights",
        action=(_("Open an account"), "open"),
    )
