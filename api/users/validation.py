"""Names, emails and phones in one form each, or refused. The two large libraries are imported on first use."""

import re
import unicodedata

from api.shared.errors import ValueRefused
from api.shared.fields import PLAIN_TEXT, in_words

NAME_MAX_CHARACTERS = 200
EMAIL_MAX_CHARACTERS = 254
PHONE_MAX_CHARACTERS = 40


def normal_name(name: str) -> str:
    """The name in NFC with single spaces; letters of any script, plain text as everywhere."""
    spaced = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(spaced) <= NAME_MAX_CHARACTERS:
        raise ValueRefused("name", f"use 1 to {NAME_MAX_CHARACTERS} characters")
    if not re.search(PLAIN_TEXT, spaced):
        raise ValueRefused("name", in_words(PLAIN_TEXT))
    if not any(char.isalpha() for char in spaced):
        raise ValueRefused("name", "a name has at least one letter")
    return spaced


def normal_email(email: str) -> str:
    """The one form of an address: NFKC, casefolded, the domain in its ASCII form (IDNA)."""
    from email_validator import EmailNotValidError, validate_email

    text = unicodedata.normalize("NFKC", email.strip())
    if len(text) > EMAIL_MAX_CHARACTERS:
        raise ValueRefused("email", f"use at most {EMAIL_MAX_CHARACTERS} characters")
    try:
        parsed = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        # The library's own sentences quote parts of what was sent.
        raise ValueRefused("email", "this is not an email address") from None
    local = unicodedata.normalize("NFKC", parsed.local_part.casefold())
    return f"{local}@{parsed.ascii_domain.lower()}"


def email_as_sent(email: str) -> str:
    """The one form of an address that somebody claims is theirs; what is no address belongs to nobody.

    That is not to be told apart from an address that nobody here has.
    """
    try:
        return normal_email(email)
    except ValueRefused:
        return unicodedata.normalize("NFKC", email).casefold()[:1000]


def normal_phone(phone: str) -> str:
    """The number in E.164, such as +4915112345678; it must name its country and be possible there."""
    import phonenumbers

    message = "this is not a phone number with its country, such as +49 151 12345678"
    if len(phone) > PHONE_MAX_CHARACTERS:
        raise ValueRefused("phone", message)
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", phone), None)
    except phonenumbers.NumberParseException:
        raise ValueRefused("phone", message) from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise ValueRefused("phone", message)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
