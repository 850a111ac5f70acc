"""How a verification ends that does not find the ledger right."""


class LedgerFault(Exception):
    """The ledger is wrong; the text names the first row and what is wrong with it."""


class CannotCheck(Exception):
    """The ledger could not be checked; the text says why."""
