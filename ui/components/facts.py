"""What the bank takes, as it tells at `GET /account/currencies`: the app holds no list of its own."""

import time

from ui.clients.accounts import Facts, read_facts
from ui.clients.errors import ApiError
from ui.clients.http import Gateway

FRESH_S = 3600.0

_known: Facts | None = None
_good_until = 0.0


def facts() -> Facts:
    """What was learnt last; before that, a bank of no currency."""
    return _known or Facts()


def learn(gateway: Gateway) -> None:
    """Ask the bank, once an hour; raises ApiError only when nothing is known yet."""
    global _known, _good_until
    if _known is not None and time.monotonic() < _good_until:
        return
    try:
        _known = read_facts(gateway)
    except ApiError:
        if _known is None:
            raise
    _good_until = time.monotonic() + FRESH_S
