"""Account numbers: ten digits, the last of them Damm's check digit, which finds every mistyped digit and every
swap of neighbours. The same table generates them in the database (migrations, tables.sql).

H. Michael Damm, "Total anti-symmetrische Quasigruppen", dissertation, Marburg 2004.
"""

LENGTH = 10

_QUASIGROUP = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def damm_digit(digits: str) -> int:
    """The check digit of ASCII digits; zero for a number that ends with its own."""
    row = 0
    for digit in digits:
        row = int(_QUASIGROUP[row][int(digit)])
    return row


def is_account_number(text: str) -> bool:
    """Whether it has the form of a number that this bank gives."""
    return len(text) == LENGTH and text.isascii() and text.isdecimal() and text[0] != "0" and damm_digit(text) == 0
