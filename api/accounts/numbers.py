"""Account numbers: ten digits, the last of them Damm's check digit, which finds every mistyped digit and every
swap of neighbours. python-stdnum checks them here; `accounts.damm_digit` makes and checks them in the database.

H. Michael Damm, "Total anti-symmetrische Quasigruppen", dissertation, Marburg 2004.
"""

import re

from stdnum import damm

LENGTH = 10
NUMBER_DIGITS = f"[1-9][0-9]{{{LENGTH - 1}}}"


def is_account_number(text: str) -> bool:
    """Whether it has the form of a number that this bank gives."""
    return re.fullmatch(NUMBER_DIGITS, text) is not None and damm.is_valid(text)
